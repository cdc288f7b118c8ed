import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where templates lie unless somebody says otherwise. */
export function defaultTemplateDirectory(): string {
  if (process.getuid?.() === 0) return '/var/lib/caisson-templates'
  return join(homedir(), '.local', 'state', 'caisson-templates')
}
