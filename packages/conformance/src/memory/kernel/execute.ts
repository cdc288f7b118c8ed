import { decodeText, encodeText, kib } from '@caisson/core'
import { readAt } from '../files/content.ts'
import { createFiles } from '../files/files.ts'
import { type Actor, find, lookUp } from '../files/file-system.ts'
import { permits } from '../files/node.ts'
import { SystemError } from '../files/system-error.ts'
import type { Program, ProgramContext, ProgramOutput } from '../program.ts'
import { connectLocal } from './loopback.ts'
import { allocate, type Machine, sleep } from './machine.ts'
import { BrokenPipe, type Descriptors, type OpenFile } from './open-file.ts'
import { createTask, deliver, finish, Killed, proceed, type Task, type TaskStart } from './task.ts'

export const defaultPath = '/usr/local/bin:/usr/bin:/bin'

/** Finds what an argv runs: a program of the machine, or a script with its interpreter before it. */
export function resolveProgram(
  machine: Machine,
  actor: Actor,
  argv: readonly string[],
  searchPath: string = defaultPath,
): { readonly program: Program; readonly argv: readonly string[] } {
  const [name = '', ...rest] = argv
  const path = name.includes('/') ? name : search(machine, actor, name, searchPath)
  const { node } = lookUp(machine.files, path, actor)
  if (node.kind !== 'file' || !permits(node, actor.user, 'execute')) throw new SystemError('EACCES', name)
  if (node.program !== undefined) return { program: node.program, argv }
  const head = decodeText(readAt(node.content, 0, 256) ?? new Uint8Array())
  const interpreter = /^#! *(\S+)(?: +(\S+))?[^\n]*\n/.exec(head)
  if (interpreter === null) throw new SystemError('ENOEXEC', name)
  const [, program = '', argument] = interpreter
  const words = argument === undefined ? [program] : [program, argument]
  return resolveProgram(machine, actor, [...words, path, ...rest], searchPath)
}

function search(machine: Machine, actor: Actor, name: string, searchPath: string): string {
  let refused: string | undefined
  for (const directory of searchPath.split(':')) {
    const path = `${directory === '' ? '.' : directory}/${name}`
    try {
      const { node } = find(machine.files, path, actor, 'follow')
      if (node === undefined) continue
      if (node.kind === 'file' && permits(node, actor.user, 'execute')) return path
      refused = path
    } catch (error) {
      if (!(error instanceof SystemError)) throw error
    }
  }
  throw new SystemError(refused === undefined ? 'ENOENT' : 'EACCES', name)
}

/** Starts a task that runs `body`; undefined when the machine is full. */
export function startTask(machine: Machine, start: TaskStart, body: (task: Task) => Promise<number>): Task | undefined {
  const task = createTask(machine, start)
  if (task !== undefined) void runBody(machine, task, body)
  return task
}

async function runBody(machine: Machine, task: Task, body: (task: Task) => Promise<number>): Promise<void> {
  try {
    // The starter sees the pid before the program does anything.
    await Promise.resolve()
    const code = await body(task)
    finish(machine, task, { code: code & 255 })
  } catch (error) {
    if (!task.dead && !(error instanceof Killed)) {
      const text = error instanceof Error ? error.message : String(error)
      await writeTo(machine, task, task.files.get(2), encodeText(`${task.argv[0] ?? ''}: ${text}\n`)).catch(
        () => undefined,
      )
    }
    finish(machine, task, { code: 1 })
  }
}

export async function readFrom(
  machine: Machine,
  task: Task,
  file: OpenFile | undefined,
  maxBytes: number = 64 * kib,
): Promise<Uint8Array | undefined> {
  await proceed(machine, task)
  const part = await file?.stream.read(maxBytes)
  await proceed(machine, task)
  return part
}

export async function writeTo(
  machine: Machine,
  task: Task,
  file: OpenFile | undefined,
  bytes: Uint8Array,
): Promise<void> {
  await proceed(machine, task)
  if (file === undefined) throw new SystemError('EBADF', 'write')
  try {
    await file.stream.write(bytes)
  } catch (error) {
    if (error instanceof BrokenPipe) deliver(machine, task, 'SIGPIPE')
    if (task.dead) throw new Killed()
    throw error
  }
  if (task.dead) throw new Killed()
}

/** What a program sees. `io` replaces the task's own descriptors where a shell has redirected them. */
export function createContext(
  machine: Machine,
  task: Task,
  argv: readonly string[],
  surroundings: { readonly io?: Descriptors; readonly env?: Readonly<Record<string, string>> } = {},
): ProgramContext {
  const { io = task.files, env = task.env } = surroundings
  const output = (number: number): ProgramOutput => ({
    write: async (data) =>
      await writeTo(machine, task, io.get(number), typeof data === 'string' ? encodeText(data) : data),
  })
  return {
    argv,
    env,
    cwd: task.cwd,
    user: task.user,
    pid: task.pid,
    stdin: input(machine, task, io),
    stdout: output(1),
    stderr: output(2),
    files: createFiles(machine, { user: task.user, cwd: task.cwd }),
    signal: task.abort.signal,
    sleep: async (ms) => await sleep(machine, task, ms),
    allocate: (bytes) => allocate(machine, task, bytes),
    listen: (port, accept) => {
      if (machine.listeners.has(port)) throw new SystemError('EAGAIN', `port ${port}`)
      machine.listeners.set(port, accept)
      task.abort.signal.addEventListener('abort', () => machine.listeners.delete(port), { once: true })
    },
    connect: async (host, port) =>
      host === '127.0.0.1' && machine.listeners.has(port)
        ? await connectLocal(machine, port)
        : await machine.connect(host, port),
    machine,
    task,
  }
}

async function* input(machine: Machine, task: Task, io: Descriptors): AsyncIterable<Uint8Array> {
  for (;;) {
    const part = await readFrom(machine, task, io.get(0))
    if (part === undefined) return
    yield part
  }
}
