import { concatBytes, encodeText } from '@caisson/core'
import { SystemError } from '../files/system-error.ts'
import { burn } from '../kernel/machine.ts'
import { type Descriptors, openFile, release, sinkStream } from '../kernel/open-file.ts'
import { createPipe } from '../kernel/pipe.ts'
import { startTask, writeTo } from '../kernel/execute.ts'
import { Killed, proceed, type Task } from '../kernel/task.ts'
import { expandFields, expandPattern, expandText } from './expand.ts'
import { redirect } from './redirect.ts'
import { awaitTask, runPendingTraps } from './jobs.ts'
import { runSimple } from './simple.ts'
import { type Interpreter, Jump, type Shell, ShellExit, subshell } from './state.ts'
import type { AndOr, Command, Pipeline, Script } from './syntax.ts'

export const interpreter: Interpreter = { capture, runCommand, runScript }

/** A busy loop asks for more CPU time after this many rounds. */
const roundsPerBreath = 30

async function runScript(shell: Shell, script: Script, io: Descriptors): Promise<number> {
  for (const { chain, background } of script) {
    if (shell.task.dead) throw new Killed()
    if (background) await startBackground(shell, chain, io)
    else await runAndOr(shell, chain, io)
    await runPendingTraps(shell, io)
  }
  return shell.status
}

async function runAndOr(shell: Shell, chain: AndOr, io: Descriptors): Promise<void> {
  let last = chain.first
  await runPipeline(shell, chain.first, io)
  for (const { operator, pipeline } of chain.rest) {
    if ((operator === '&&') !== (shell.status === 0)) continue
    last = pipeline
    await runPipeline(shell, pipeline, io)
  }
  const final = chain.rest.at(-1)?.pipeline ?? chain.first
  if (shell.exitOnError && shell.status !== 0 && last === final && !last.negated) throw new ShellExit(shell.status)
}

async function startBackground(shell: Shell, chain: AndOr, io: Descriptors): Promise<void> {
  const empty = openFile(sinkStream(() => undefined))
  const child = fork(shell, new Map([...io, [0, empty]]), async (inner) => {
    if (chain.rest.length === 0 && chain.first.commands.length === 1 && !chain.first.negated) {
      return await runCommand(inner, chain.first.commands[0], inner.task.files, 'replace')
    }
    await runAndOr(inner, chain, inner.task.files)
    return inner.status
  })
  release(empty)
  shell.background = child.pid
  shell.children.set(child.pid, child)
  shell.status = 0
  await Promise.resolve()
}

async function runPipeline(shell: Shell, pipeline: Pipeline, io: Descriptors): Promise<void> {
  const status =
    pipeline.commands.length === 1
      ? await runCommand(shell, pipeline.commands[0], io)
      : await runStages(shell, pipeline.commands, io)
  shell.status = pipeline.negated ? (status === 0 ? 1 : 0) : status
}

async function runStages(shell: Shell, commands: readonly Command[], io: Descriptors): Promise<number> {
  const stages: Task[] = []
  let input = io.get(0)
  let previous: typeof input
  for (const [index, command] of commands.entries()) {
    const pipe = index < commands.length - 1 ? createPipe() : undefined
    const output = pipe === undefined ? undefined : openFile(pipe.writer)
    const stageIo = new Map(io)
    if (input !== undefined) stageIo.set(0, input)
    if (output !== undefined) stageIo.set(1, output)
    stages.push(fork(shell, stageIo, async (inner) => await runCommand(inner, command, inner.task.files, 'replace')))
    if (output !== undefined) release(output)
    if (previous !== undefined) release(previous)
    previous = pipe === undefined ? undefined : openFile(pipe.reader)
    input = previous
  }
  let status = 0
  for (const stage of stages) status = await awaitTask(shell, stage)
  return status
}

/** Starts a subshell. Its descriptors are `io`. */
function fork(shell: Shell, io: Descriptors, body: (inner: Shell) => Promise<number>): Task {
  const { task, machine } = shell
  const start = {
    argv: task.argv,
    user: task.user,
    cwd: task.cwd,
    env: task.env,
    files: io,
    origin: task.origin,
    group: task.group,
  }
  const child = startTask(machine, start, async (own) => {
    for (const [name, handler] of task.handlers) if (handler === 'ignore') own.handlers.set(name, 'ignore')
    return await settle(async () => await body(subshell(shell, own)))
  })
  if (child !== undefined) return child
  void writeTo(machine, task, io.get(2), encodeText(`${shell.name}: Cannot fork\n`)).catch(() => undefined)
  throw new ShellExit(2)
}

/** The exit code of a shell's body, however it leaves. */
export async function settle(body: () => Promise<number>): Promise<number> {
  try {
    return await body()
  } catch (error) {
    if (error instanceof ShellExit) return error.code
    if (error instanceof Jump) return 0
    throw error
  }
}

async function capture(shell: Shell, script: Script): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const sink = openFile(sinkStream((bytes) => void parts.push(bytes)))
  const child = fork(
    shell,
    new Map([...shell.task.files, [1, sink]]),
    async (inner) => await runScript(inner, script, inner.task.files),
  )
  release(sink)
  shell.status = await awaitTask(shell, child)
  return concatBytes(parts)
}

/** `replace` says that the task is over with this command, so that a program may take its place. */
async function runCommand(
  shell: Shell,
  command: Command | undefined,
  io: Descriptors,
  mode: 'keep' | 'replace' = 'keep',
): Promise<number> {
  if (command === undefined) return 0
  if (command.kind === 'simple') return await runSimple(shell, command, io, mode)
  let redirected
  try {
    redirected = await redirect(shell, io, command.redirections)
  } catch (error) {
    if (!(error instanceof SystemError)) throw error
    await writeTo(shell.machine, shell.task, io.get(2), encodeText(`${shell.name}: ${error.message}\n`))
    return 2
  }
  try {
    return await runCompound(shell, command, redirected.io)
  } finally {
    redirected.undo()
  }
}

async function runCompound(
  shell: Shell,
  command: Exclude<Command, { kind: 'simple' }>,
  io: Descriptors,
): Promise<number> {
  switch (command.kind) {
    case 'group':
      return await runScript(shell, command.body, io)
    case 'subshell': {
      const child = fork(shell, io, async (inner) => await runScript(inner, command.body, inner.task.files))
      return await awaitTask(shell, child)
    }
    case 'if': {
      for (const { condition, body } of command.branches) {
        if ((await runCondition(shell, condition, io)) === 0) return await runScript(shell, body, io)
      }
      shell.status = 0
      return command.otherwise === undefined ? 0 : await runScript(shell, command.otherwise, io)
    }
    case 'loop':
      return await runLoop(shell, command, io)
    case 'for': {
      const words = command.words?.map(async (word) => await expandFields(shell, word))
      const values = words === undefined ? shell.positional : (await Promise.all(words)).flat()
      let status = 0
      for (const value of values) {
        shell.variables.set(command.name, value)
        const round = await runRound(shell, command.body, io)
        status = shell.status
        if (round === 'leave') break
      }
      return status
    }
    case 'case': {
      const subject = await expandText(shell, command.subject)
      for (const { patterns, body } of command.branches) {
        for (const pattern of patterns) {
          if ((await expandPattern(shell, pattern)).test(subject)) return await runScript(shell, body, io)
        }
      }
      return 0
    }
    case 'function':
      shell.functions.set(command.name, command.body)
      return 0
  }
}

async function runCondition(shell: Shell, condition: Script, io: Descriptors): Promise<number> {
  const { exitOnError } = shell
  shell.exitOnError = false
  try {
    return await runScript(shell, condition, io)
  } finally {
    shell.exitOnError = exitOnError
  }
}

async function runLoop(shell: Shell, command: Command & { kind: 'loop' }, io: Descriptors): Promise<number> {
  let status = 0
  for (let round = 1; ; round++) {
    if (round % roundsPerBreath === 0) await burn(shell.machine, shell.task)
    else await proceed(shell.machine, shell.task)
    if (((await runCondition(shell, command.condition, io)) === 0) === command.until) return status
    const next = await runRound(shell, command.body, io)
    status = shell.status
    if (next === 'leave') return status
  }
}

async function runRound(shell: Shell, body: Script, io: Descriptors): Promise<'again' | 'leave'> {
  try {
    await runScript(shell, body, io)
    return 'again'
  } catch (error) {
    if (!(error instanceof Jump) || error.to === 'return') throw error
    if (--error.levels > 0) throw error
    return error.to === 'break' ? 'leave' : 'again'
  }
}
