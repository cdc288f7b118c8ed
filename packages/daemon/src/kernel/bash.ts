import { kernelDirectory } from './directory.ts'
import type { Cell } from './kernel.ts'
import type { KernelKind } from './start-kernel.ts'

/** An interactive bash, which can be interrupted without losing its variables, and reads its cells from a pipe. */
const shell = {
  argv: ['bash', '--norc', '--noprofile', '--noediting', '-i'],
  readsStandardInput: true,
  interruptsGroup: true,
  greet: ({ nonce }) => `source ${quote(`${kernelDirectory}/bash/kernel.bash`)} ${quote(nonce)}\n`,
} as const satisfies Partial<KernelKind>

export const bash: KernelKind = {
  ...shell,
  encode: (cell) => encode(cell, `builtin eval ${quote(cell.code)} </dev/null`),
}

/**
 * A language whose cells are programs, each by itself: written to a file of that name and run by that command, which finds it in `$cell`.
 * `needs` is the program without which there is none of it.
 */
export function createProgramKind(needs: string, fileName: string, command: string): KernelKind {
  const run = `__caisson_program ${quote(fileName)} ${quote(command)}`
  return { ...shell, needs, encode: (cell) => encode(cell, `${run} ${quote(cell.code)} </dev/null`) }
}

/** One line, at the end of which the shell shows its prompt. It can be interrupted once it has been read as a whole. */
function encode({ env }: Cell, command: string): string {
  const variables = Object.entries(env).flatMap(([name, value]) => [quote(name), quote(value)])
  const before = variables.length === 0 ? '' : `__caisson_set ${variables.join(' ')}; `
  return `builtin trap - INT; ${before}${command}\n`
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\r': '\\r', '\0': '' }

function quote(text: string): string {
  return `$'${text.replace(/[\\'\n\r\0]/g, (character) => escapes[character] ?? '')}'`
}
