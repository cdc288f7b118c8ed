import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createLocalAdapter } from '@caisson/adapter-local'

/** Why an example cannot run here, or an empty text. `modules` are of the machine's Python, which the template `host` shows. */
export async function cannotRun(modules: readonly string[] = []): Promise<string> {
  const { status, reason = '' } = await createLocalAdapter().probe()
  if (status === 'unavailable') return ` (cannot run here: ${reason})`
  try {
    execFileSync('/usr/bin/python3', ['-c', `import ${['sys', ...modules].join(', ')}`], { stdio: 'ignore' })
    return ''
  } catch {
    return ` (cannot run here: Python has no ${modules.join(', ')}: sh infra/provision/python-data.sh install)`
  }
}

/** Python of an environment that a script of infra/provision makes, or why there is none. */
export function provisionedPython(component: string): { readonly python: string; readonly cannot: string } {
  const root =
    process.env['CAISSON_PROVISION_DIR'] ?? fileURLToPath(new URL('../../../.caisson/provision', import.meta.url))
  const python = join(root, component, 'venv/bin/python')
  return { python, cannot: existsSync(python) ? '' : ` (cannot run here: sh infra/provision/${component}.sh install)` }
}
