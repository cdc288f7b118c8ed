import { deliver, finish } from '../kernel/task.ts'
import { lookUp } from '../files/file-system.ts'
import { homeOf } from '../files/files.ts'
import { SystemError } from '../files/system-error.ts'
import { createContext, defaultPath, readFrom, resolveProgram } from '../kernel/execute.ts'
import { signalGroup } from '../kernel/machine.ts'
import type { Descriptors } from '../kernel/open-file.ts'
import { parseSignal } from '../kernel/signals.ts'
import type { ProgramContext } from '../program.ts'
import { echo, printf } from '../programs/print.ts'
import { test } from '../programs/test.ts'
import { awaitChildren } from './jobs.ts'
import { parseShell } from './parser.ts'
import { exportedEnvironment, Jump, type Shell, ShellExit } from './state.ts'

export interface BuiltinCall {
  readonly shell: Shell
  readonly context: ProgramContext
  readonly io: Descriptors
  readonly args: readonly string[]
}

type Builtin = (call: BuiltinCall) => Promise<number>

const simply =
  (body: (call: BuiltinCall) => number): Builtin =>
  async (call) =>
    await Promise.resolve(body(call))

/** What a shell does itself, because it changes the shell or only it knows. */
export const builtins: ReadonlyMap<string, Builtin> = new Map<string, Builtin>([
  [':', simply(() => 0)],
  ['true', simply(() => 0)],
  ['false', simply(() => 1)],
  ['echo', async ({ context }) => await echo(context)],
  ['printf', async ({ context }) => await printf(context)],
  ['test', async ({ context }) => await test(context)],
  ['[', async ({ context }) => await test(context)],
  ['cd', changeDirectory],
  [
    'pwd',
    async ({ context }) => {
      await context.stdout.write(`${context.cwd}\n`)
      return 0
    },
  ],
  [
    'exit',
    simply(({ shell, args }) => {
      throw new ShellExit(Number(args[0] ?? shell.status) & 255)
    }),
  ],
  [
    'return',
    simply(({ shell, args }) => {
      throw new Jump('return', Number(args[0] ?? shell.status))
    }),
  ],
  [
    'break',
    simply(({ args }) => {
      throw new Jump('break', Number(args[0] ?? 1))
    }),
  ],
  [
    'continue',
    simply(({ args }) => {
      throw new Jump('continue', Number(args[0] ?? 1))
    }),
  ],
  ['export', simply(exportVariables)],
  ['local', simply(assignAll)],
  ['readonly', simply(assignAll)],
  [
    'unset',
    simply(({ shell, args }) => {
      for (const name of args) {
        shell.variables.delete(name)
        shell.exported.delete(name)
        shell.functions.delete(name)
      }
      return 0
    }),
  ],
  ['set', simply(setOptions)],
  [
    'shift',
    simply(({ shell, args }) => {
      shell.positional = shell.positional.slice(Number(args[0] ?? 1))
      return 0
    }),
  ],
  ['read', readLine],
  ['eval', async ({ shell, io, args }) => await shell.interpreter.runScript(shell, parseShell(args.join(' ')), io)],
  ['trap', simply(setTrap)],
  ['wait', async ({ shell, args }) => await awaitChildren(shell, args.map(Number))],
  ['kill', kill],
  ['umask', simply(() => 0)],
  ['times', times],
  ['command', command],
  ['type', command],
])

async function changeDirectory({ shell, context, args }: BuiltinCall): Promise<number> {
  const { task, machine } = shell
  const wanted = args.find((argument) => argument !== '--') ?? homeOf(task.user)
  try {
    const { node, path } = lookUp(machine.files, wanted, { user: task.user, cwd: task.cwd })
    if (node.kind !== 'directory') throw new SystemError('ENOTDIR', wanted)
    task.cwd = path
    shell.variables.set('PWD', path)
    return 0
  } catch (error) {
    if (!(error instanceof SystemError)) throw error
    await context.stderr.write(`${shell.name}: cd: can't cd to ${wanted}\n`)
    return 2
  }
}

function assignAll({ shell, args }: BuiltinCall): number {
  for (const argument of args) {
    const [, name, value] = /^([A-Za-z_]\w*)=([^]*)$/.exec(argument) ?? []
    if (name !== undefined && value !== undefined) shell.variables.set(name, value)
  }
  return 0
}

function exportVariables(call: BuiltinCall): number {
  for (const argument of call.args) call.shell.exported.add(argument.replace(/=[^]*$/, ''))
  return assignAll(call)
}

function setOptions({ shell, args }: BuiltinCall): number {
  const [first, ...rest] = args
  if (first === '--') shell.positional = rest
  else if (first !== undefined && /^[-+]\w*e/.test(first)) shell.exitOnError = first.startsWith('-')
  return 0
}

async function readLine({ shell, context, io, args }: BuiltinCall): Promise<number> {
  const names = args.filter((argument) => !argument.startsWith('-'))
  const bytes: number[] = []
  let byte: number | undefined
  for (;;) {
    // One byte at a time: what follows the line belongs to the next reader.
    byte = (await readFrom(context.machine, context.task, io.get(0), 1))?.[0]
    if (byte === undefined || byte === 10) break
    bytes.push(byte)
  }
  const fields = new TextDecoder()
    .decode(Uint8Array.from(bytes))
    .trim()
    .split(/[ \t]+/)
  for (const [index, name] of names.entries()) {
    const value = index === names.length - 1 ? fields.slice(index).join(' ') : (fields[index] ?? '')
    shell.variables.set(name, value)
  }
  return byte === undefined ? 1 : 0
}

function setTrap({ shell, args }: BuiltinCall): number {
  const [action = '-', ...names] = args
  for (const text of names) {
    if (text === 'EXIT' || text === '0') {
      if (action === '-') shell.traps.delete('EXIT')
      else shell.traps.set('EXIT', parseShell(action))
      continue
    }
    const name = parseSignal(text)
    if (name === undefined) return 1
    if (action === '-') {
      shell.traps.delete(name)
      shell.task.handlers.delete(name)
    } else if (action === '') {
      shell.task.handlers.set(name, 'ignore')
    } else {
      shell.traps.set(name, parseShell(action))
      shell.task.handlers.set(name, () => {
        shell.pending.push(name)
        shell.signalled.all()
      })
    }
  }
  return 0
}

async function kill({ shell, context, args }: BuiltinCall): Promise<number> {
  let name = 'TERM'
  const rest = [...args]
  if (rest[0] === '-s') name = rest.splice(0, 2)[1] ?? ''
  else if (rest[0]?.startsWith('-') === true) name = rest.shift()?.slice(1) ?? ''
  let status = 0
  for (const target of rest) {
    const pid = Number(target)
    const task = shell.machine.tasks.get(Math.abs(pid))
    const signal = parseSignal(name)
    const group = [...shell.machine.tasks.values()].some((other) => other.group === -pid)
    if (pid < 0 && group && signal !== undefined) signalGroup(shell.machine, -pid, signal)
    else if (task === undefined || pid < 0 || (signal === undefined && name !== '0')) {
      await context.stderr.write(`${shell.name}: kill: No such process\n`)
      status = 1
    } else if (signal === 'SIGKILL') finish(shell.machine, task, { signal })
    else if (signal !== undefined) deliver(shell.machine, task, signal)
  }
  return status
}

async function times({ shell, context }: BuiltinCall): Promise<number> {
  const show = (ms: number): string => `${Math.floor(ms / 60_000)}m${((ms % 60_000) / 1000).toFixed(6)}s`
  const own = `${show(shell.task.cpuMs)} 0m0.000000s`
  await context.stdout.write(`${own}\n${show(shell.machine.cpuMs - shell.task.cpuMs)} 0m0.000000s\n`)
  return 0
}

async function command({ shell, context, args }: BuiltinCall): Promise<number> {
  const names = args.filter((argument) => argument !== '-v')
  if (names.length === args.length && context.argv[0] === 'command') {
    const builtin = builtins.get(names[0] ?? '')
    const inner = createContext(context.machine, context.task, names, { env: exportedEnvironment(shell) })
    if (builtin !== undefined)
      return await builtin({ shell, context: inner, io: context.task.files, args: names.slice(1) })
  }
  const actor = { user: context.user, cwd: context.cwd }
  let status = 0
  for (const name of names) {
    try {
      const known = builtins.has(name) || shell.functions.has(name)
      if (!known) resolveProgram(context.machine, actor, [name], shell.variables.get('PATH') ?? defaultPath)
      await context.stdout.write(`${name}\n`)
    } catch (error) {
      if (!(error instanceof SystemError)) throw error
      status = 127
    }
  }
  return status
}
