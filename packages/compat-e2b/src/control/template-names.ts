import { publicTemplates } from '@caisson/compat-kit'
import type { E2bHost } from '../host.ts'

/** Templates that E2B's clients ask for unless told otherwise, and what stands for them where it was not built. */
const standIns: Readonly<Record<string, readonly string[]>> = {
  base: ['base', 'host'],
  // Without its gateway the client says that that could not be started, which tells more than a template that is missing.
  'mcp-gateway': ['base', 'host'],
  'code-interpreter-v1': ['code-interpreter-polyglot', 'code-interpreter', 'host'],
  'code-interpreter': ['code-interpreter-polyglot', 'host'],
}

/** The adapters' name for a template of E2B's. `undefined`: nobody has it. A tag is left off: `name:tag` is `name`. */
export function adapterTemplate(host: E2bHost, name: string): string | undefined {
  const known = publicTemplates(host.adapters)
  if (known.has(name)) return name
  const plain = name.includes(':') ? name.slice(0, name.indexOf(':')) : name
  return [plain, ...(standIns[plain] ?? [])].find((candidate) => known.has(candidate))
}
