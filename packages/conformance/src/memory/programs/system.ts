import { SystemError } from '../files/system-error.ts'
import { createContext, defaultPath, resolveProgram, startTask } from '../kernel/execute.ts'
import { parseSignal, signalNumbers } from '../kernel/signals.ts'
import { deliver, type Exit, finish, proceed, type Task } from '../kernel/task.ts'
import type { Program, ProgramContext } from '../program.ts'
import { echo, printf } from './print.ts'
import { test } from './test.ts'
import { actorOf, parseArguments, prints } from './utility.ts'

const sleep: Program = async (context) => {
  const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 }
  let seconds = 0
  for (const argument of context.argv.slice(1)) {
    if (argument === 'infinity') seconds = Number.POSITIVE_INFINITY
    const [, digits = '0', unit = 's'] = /^([\d.]+)([smhd]?)$/.exec(argument) ?? []
    seconds += Number(digits) * (units[unit] ?? 1)
  }
  await context.sleep(seconds === Number.POSITIVE_INFINITY ? 2 ** 31 - 1 : seconds * 1000)
  return 0
}

/** Runs another program in this one's place. */
async function become(context: ProgramContext, words: readonly string[], env = context.env): Promise<number> {
  try {
    const found = resolveProgram(context.machine, actorOf(context), words, env['PATH'] ?? defaultPath)
    context.task.argv = found.argv
    context.task.env = env
    return await found.program(createContext(context.machine, context.task, found.argv))
  } catch (error) {
    if (!(error instanceof SystemError)) throw error
    await context.stderr.write(`${context.argv[0] ?? ''}: ${words[0] ?? ''}: ${error.text}\n`)
    return error.errno === 'ENOENT' ? 127 : 126
  }
}

/** Runs another program as a child and tells how it ended. */
async function runChild(
  context: ProgramContext,
  words: readonly string[],
  options: { readonly group?: number | undefined; readonly started?: (child: Task) => void },
): Promise<Exit> {
  const { machine, task } = context
  const found = resolveProgram(machine, actorOf(context), words, context.env['PATH'] ?? defaultPath)
  const child = startTask(
    machine,
    {
      argv: found.argv,
      env: context.env,
      files: task.files,
      user: task.user,
      cwd: task.cwd,
      origin: task.origin,
      group: options.group,
    },
    async (own) => await found.program(createContext(machine, own, found.argv)),
  )
  if (child === undefined) throw new SystemError('EAGAIN', words[0] ?? '')
  options.started?.(child)
  const exit = await child.ended
  await proceed(machine, task)
  return exit
}

const env: Program = async (context) => {
  const words = context.argv.slice(1)
  let variables: Record<string, string> = { ...context.env }
  if (words[0] === '-i') {
    variables = {}
    words.shift()
  }
  for (let word = words[0]; word !== undefined && /^\w+=/.test(word); word = words[0]) {
    const at = word.indexOf('=')
    variables[word.slice(0, at)] = word.slice(at + 1)
    words.shift()
  }
  if (words.length > 0) return await become(context, words, variables)
  await context.stdout.write(
    Object.entries(variables)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  return 0
}

const printenv: Program = async (context) => {
  const value = context.env[context.argv[1] ?? '']
  if (value === undefined) return 1
  await context.stdout.write(`${value}\n`)
  return 0
}

/** A session, and so a process group, of its own. */
const setsid: Program = async (context) => {
  const { operands, flags } = parseArguments(context.argv)
  if (context.task.group !== context.task.pid) {
    context.task.group = context.task.pid
    return await become(context, operands)
  }
  // The leader of a group cannot leave it: a child goes on.
  const child = runChild(context, operands, {})
  return flags.has('w') ? code(await child) : 0
}

const nohup: Program = async (context) => {
  context.task.handlers.set('SIGHUP', 'ignore')
  return await become(context, context.argv.slice(1))
}

const timeout: Program = async (context) => {
  const [duration = '0', ...words] = parseArguments(context.argv, 'sk').operands
  let over = false
  const exit = await runChild(context, words, {
    group: context.task.group,
    started: (child) => {
      const giveUp = context.machine.clock.schedule(
        () => {
          over = true
          deliver(context.machine, child, 'SIGTERM')
        },
        Number(duration.replace('s', '')) * 1000,
      )
      void child.ended.then(giveUp)
    },
  })
  return over ? 124 : code(exit)
}

function code(exit: Exit): number {
  return 'code' in exit ? exit.code : 128 + signalNumbers[exit.signal]
}

const kill: Program = async (context) => {
  const args = context.argv.slice(1)
  const signal = parseSignal(args[0]?.startsWith('-') === true ? (args.shift()?.slice(1) ?? '') : 'TERM')
  for (const target of args) {
    const task = context.machine.tasks.get(Number(target))
    if (task === undefined || signal === undefined) return 1
    if (signal === 'SIGKILL') finish(context.machine, task, { signal })
    else deliver(context.machine, task, signal)
  }
  return await Promise.resolve(0)
}

const stty: Program = async (context) => {
  const terminal = context.task.files.get(0)?.stream.terminal
  if (terminal === undefined) {
    await context.stderr.write('stty: Inappropriate ioctl for device\n')
    return 1
  }
  for (const argument of context.argv.slice(1)) {
    if (argument === 'size') await context.stdout.write(`${terminal.size.rows} ${terminal.size.columns}\n`)
    else if (argument === '-echo' || argument === 'echo') terminal.echo = argument === 'echo'
  }
  return 0
}

const tty: Program = async (context) => {
  const isTerminal = context.task.files.get(0)?.stream.terminal !== undefined
  await context.stdout.write(isTerminal ? '/dev/pts/0\n' : 'not a tty\n')
  return isTerminal ? 0 : 1
}

const id: Program = async (context) => {
  const number = context.user === 'root' ? 0 : 1000
  const { flags } = parseArguments(context.argv)
  const text = flags.has('n') ? context.user : String(number)
  const full = `uid=${number}(${context.user}) gid=${number}(${context.user})`
  await context.stdout.write(`${flags.has('u') || flags.has('g') ? text : full}\n`)
  return 0
}

const date: Program = async (context) => {
  const nowMs = context.machine.clock.now()
  const format = context.argv.find((argument) => argument.startsWith('+'))?.slice(1)
  const shown = format
    ?.replace('%s', String(Math.floor(nowMs / 1000)))
    .replace('%N', String((nowMs % 1000) * 1_000_000).padStart(9, '0'))
  await context.stdout.write(`${shown ?? new Date(nowMs).toUTCString()}\n`)
  return 0
}

export const systemPrograms: Readonly<Record<string, Program>> = {
  '[': test,
  basename: prints((context) => (context.argv[1] ?? '').replace(/\/+$/, '').split('/').at(-1) ?? ''),
  date,
  dirname: prints((context) => (context.argv[1] ?? '').replace(/\/*[^/]+\/*$/, '') || '.'),
  echo,
  env,
  false: async () => await Promise.resolve(1),
  hostname: prints(() => 'sandbox'),
  id,
  kill,
  nohup,
  nproc: prints((context) => String(Math.max(1, Math.ceil(context.machine.limits.cpus)))),
  printenv,
  printf,
  pwd: prints((context) => context.cwd),
  setsid,
  sleep,
  stty,
  sync: async () => await Promise.resolve(0),
  test,
  timeout,
  true: async () => await Promise.resolve(0),
  tty,
  uname: prints(() => 'Linux'),
  whoami: prints((context) => context.user),
}
