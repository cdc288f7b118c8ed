import { encodeText } from '@caisson/core'
import { SystemError } from '../files/system-error.ts'
import { createContext, defaultPath, resolveProgram, startTask, writeTo } from '../kernel/execute.ts'
import type { Descriptors } from '../kernel/open-file.ts'
import { builtins } from './builtins.ts'
import { expandFields, expandText } from './expand.ts'
import { awaitTask } from './jobs.ts'
import { adopt, redirect, type Redirected } from './redirect.ts'
import { exportedEnvironment, Jump, type Shell, ShellExit } from './state.ts'
import { type Command, ShellSyntaxError } from './syntax.ts'

type Simple = Command & { kind: 'simple' }

/** Runs assignments, redirections and words: a function, a builtin or a program. */
export async function runSimple(
  shell: Shell,
  command: Simple,
  io: Descriptors,
  mode: 'keep' | 'replace',
): Promise<number> {
  const words: string[] = []
  const assigned: [string, string][] = []
  let redirected: Redirected
  try {
    // `$?` of an assignment is that of its last command substitution.
    if (command.words.length === 0) shell.status = 0
    for (const word of command.words) words.push(...(await expandFields(shell, word)))
    for (const { name, value } of command.assignments) assigned.push([name, await expandText(shell, value)])
    redirected = await redirect(shell, io, command.redirections)
  } catch (error) {
    if (!(error instanceof SystemError) && !(error instanceof ShellSyntaxError)) throw error
    await complain(shell, io, error.message)
    return 2
  }
  try {
    return await runWords(shell, words, { assigned, io: redirected.io, mode })
  } finally {
    redirected.undo()
  }
}

interface Surroundings {
  readonly assigned: readonly (readonly [string, string])[]
  readonly io: Descriptors
  readonly mode: 'keep' | 'replace'
}

async function runWords(shell: Shell, words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { assigned, io } = surroundings
  const [name, ...rest] = words
  if (name === undefined) {
    for (const [variable, value] of assigned) shell.variables.set(variable, value)
    return shell.status
  }
  if (name === 'exec') {
    if (rest.length > 0) throw new ShellExit(await runProgram(shell, rest, { assigned, io, mode: 'replace' }))
    adopt(shell, io)
    return 0
  }
  const body = shell.functions.get(name)
  if (body !== undefined) return await callFunction(shell, body, rest, io)
  const builtin = builtins.get(name)
  if (builtin !== undefined) {
    for (const [variable, value] of assigned) shell.variables.set(variable, value)
    const context = createContext(shell.machine, shell.task, words, { io, env: exportedEnvironment(shell) })
    return await builtin({ shell, context, io, args: rest })
  }
  return await runProgram(shell, words, surroundings)
}

async function callFunction(shell: Shell, body: Command, args: readonly string[], io: Descriptors): Promise<number> {
  const { positional } = shell
  shell.positional = args
  try {
    return await shell.interpreter.runCommand(shell, body, io)
  } catch (error) {
    if (error instanceof Jump && error.to === 'return') return error.levels
    throw error
  } finally {
    shell.positional = positional
  }
}

async function runProgram(shell: Shell, words: readonly string[], surroundings: Surroundings): Promise<number> {
  const { assigned, io, mode } = surroundings
  const { machine, task } = shell
  const env = { ...exportedEnvironment(shell), ...Object.fromEntries(assigned) }
  const actor = { user: task.user, cwd: task.cwd }
  let found
  try {
    found = resolveProgram(machine, actor, words, env['PATH'] ?? shell.variables.get('PATH') ?? defaultPath)
  } catch (error) {
    if (!(error instanceof SystemError)) throw error
    const missing = error.errno === 'ENOENT'
    await complain(shell, io, `${words[0] ?? ''}: ${missing ? 'not found' : error.text}`)
    return missing ? 127 : 126
  }
  const { program, argv } = found
  if (mode === 'replace') {
    task.argv = argv
    task.env = env
    // A new program ignores what the old one ignored and handles nothing else.
    for (const [signal, handler] of task.handlers) if (handler !== 'ignore') task.handlers.delete(signal)
    return await program(createContext(machine, task, argv, { io }))
  }
  const start = { argv, env, files: io, user: task.user, cwd: task.cwd, origin: task.origin, group: task.group }
  const child = startTask(machine, start, async (own) => {
    for (const [signal, handler] of task.handlers) if (handler === 'ignore') own.handlers.set(signal, 'ignore')
    return await program(createContext(machine, own, argv))
  })
  if (child === undefined) {
    await complain(shell, io, 'Cannot fork')
    throw new ShellExit(2)
  }
  return await awaitTask(shell, child)
}

async function complain(shell: Shell, io: Descriptors, text: string): Promise<void> {
  await writeTo(shell.machine, shell.task, io.get(2), encodeText(`${shell.name}: ${text}\n`))
}
