import { accessSync, constants } from 'node:fs'
import { execFileSync } from 'node:child_process'

/** Where the daemon looks for programs. */
const directories = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** Why a test that needs these programs cannot run here, or undefined. */
export function whyNot(...programs: readonly string[]): string | undefined {
  const missing = programs.filter((program) => !directories.some((directory) => isProgram(`${directory}/${program}`)))
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`
}

/** The same for modules of Python. */
export function whyNoModule(...modules: readonly string[]): string | undefined {
  const python = directories.map((directory) => `${directory}/python3`).find(isProgram)
  if (python === undefined) return whyNot('python3')
  const missing = modules.filter((module) => {
    try {
      execFileSync(python, ['-c', `import ${module}`], { stdio: 'ignore' })
      return false
    } catch {
      return true
    }
  })
  return missing.length === 0 ? undefined : `Python has no ${missing.join(', ')}`
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
