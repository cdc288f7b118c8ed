import { existsSync, writeFileSync } from 'node:fs'
import { defaultDirectory } from './directory.ts'

const file = `${defaultDirectory}/boot-id`

/** Gives the sandbox a new boot id, where it has one of its own: so programs tell that everything has begun anew. In place, since it is mounted elsewhere. */
export function renewBootId(): void {
  if (existsSync(file)) writeFileSync(file, `${crypto.randomUUID()}\n`)
}
