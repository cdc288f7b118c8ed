import { concatBytes, decodeText } from '@caisson/core'
import { readWhole } from '../files/content.ts'
import { lookUp } from '../files/file-system.ts'
import { SystemError } from '../files/system-error.ts'
import type { ProgramContext } from '../program.ts'
import { parseShell } from './parser.ts'
import { interpreter, settle } from './run.ts'
import { createShell, type Shell } from './state.ts'
import { ShellSyntaxError } from './syntax.ts'

/** `sh -c TEXT [NAME [ARGUMENT…]]`, `sh FILE [ARGUMENT…]`, or a script on standard input. */
export async function sh(context: ProgramContext): Promise<number> {
  const args = context.argv.slice(1)
  let exitOnError = false
  let inline = false
  while (args[0]?.startsWith('-') === true) {
    const options = args.shift() ?? ''
    if (options === '--') break
    exitOnError ||= options.includes('e')
    inline ||= options.includes('c')
  }
  const first = args.shift()
  const source = inline ? (first ?? '') : first === undefined ? await readAll(context) : loadScript(context, first)
  if (source === undefined) {
    await context.stderr.write(`sh: 0: cannot open ${first ?? ''}: No such file\n`)
    return 127
  }
  const name = inline ? (args.shift() ?? context.argv[0] ?? 'sh') : (first ?? 'sh')
  const shell = createShell(interpreter, context, name, args)
  shell.exitOnError = exitOnError
  try {
    const script = parseShell(source)
    const code = await settle(async () => await interpreter.runScript(shell, script, context.task.files))
    return await leave(shell, code)
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error
    await context.stderr.write(`${name}: ${error.message}\n`)
    return 2
  }
}

async function leave(shell: Shell, code: number): Promise<number> {
  const script = shell.traps.get('EXIT')
  if (script === undefined) return code
  shell.status = code
  const last = await settle(async () => {
    await interpreter.runScript(shell, script, shell.task.files)
    return code
  })
  return last
}

async function readAll(context: ProgramContext): Promise<string> {
  const parts: Uint8Array[] = []
  for await (const part of context.stdin) parts.push(part)
  return decodeText(concatBytes(parts))
}

function loadScript(context: ProgramContext, path: string): string | undefined {
  try {
    const { node } = lookUp(context.machine.files, path, { user: context.user, cwd: context.cwd })
    if (node.kind !== 'file') return undefined
    return decodeText(readWhole(node.content))
  } catch (error) {
    if (error instanceof SystemError) return undefined
    throw error
  }
}
