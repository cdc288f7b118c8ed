import { createWake, type Wake } from '../wake.ts'
import type { Machine } from './machine.ts'
import { duplicate, type OpenFile, release } from './open-file.ts'
import { ignoredByDefault, type SignalName } from './signals.ts'

export type Exit =
  | { readonly code: number }
  | { readonly signal: SignalName; readonly outOfMemory?: boolean | undefined }

/** Thrown inside a program that was killed, at its next call to the kernel. */
export class Killed extends Error {
  override readonly name = 'Killed'
}

/** One for all: nobody looks at where it came from, and stacks are dear. */
const killed = new Killed('killed')

/** One process of a memory machine. */
export interface Task {
  readonly pid: number
  /** Process group. */
  group: number
  /** Whatever one `spawn` has started shares this mark, sessions of its own included. */
  readonly origin: symbol
  argv: readonly string[]
  readonly user: string
  cwd: string
  env: Readonly<Record<string, string>>
  readonly files: Map<number, OpenFile>
  /** Opened on the way and to be released when the task ends early. */
  readonly temporary: Set<OpenFile>
  /** What to do instead of a signal's default. */
  readonly handlers: Map<SignalName, 'ignore' | (() => void)>
  readonly resumed: Wake
  stopped: boolean
  dead: boolean
  memoryBytes: number
  cpuMs: number
  /** Since when it has not waited for another task, by `performance.now`. */
  busySinceMs: number
  readonly abort: AbortController
  readonly ended: Promise<Exit>
  readonly end: (exit: Exit) => void
}

export interface TaskStart {
  readonly argv: readonly string[]
  readonly user: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly files: ReadonlyMap<number, OpenFile>
  readonly origin: symbol
  /** Its own group when left out. */
  readonly group?: number | undefined
}

/** Makes a task; undefined when the machine holds as many as it may. */
export function createTask(machine: Machine, start: TaskStart): Task | undefined {
  if (machine.tasks.size >= machine.limits.pids) return undefined
  const pid = machine.nextPid++
  const { promise: ended, resolve: end } = Promise.withResolvers<Exit>()
  const task: Task = {
    pid,
    group: start.group ?? pid,
    origin: start.origin,
    argv: start.argv,
    user: start.user,
    cwd: start.cwd,
    env: start.env,
    files: new Map([...start.files].map(([number, file]) => [number, duplicate(file)])),
    temporary: new Set(),
    handlers: new Map(),
    resumed: createWake(),
    stopped: false,
    dead: false,
    memoryBytes: 0,
    cpuMs: 0,
    busySinceMs: performance.now(),
    abort: new AbortController(),
    ended,
    end,
  }
  machine.tasks.set(pid, task)
  return task
}

/** Ends a task and gives back what it held. Only the first call counts. */
export function finish(machine: Machine, task: Task, exit: Exit): void {
  if (task.dead) return
  task.dead = true
  machine.tasks.delete(task.pid)
  machine.memoryBytes -= task.memoryBytes
  task.abort.abort(killed)
  for (const file of task.files.values()) release(file)
  task.files.clear()
  for (const file of task.temporary) release(file)
  task.temporary.clear()
  task.resumed.all()
  task.end(exit)
}

export function deliver(machine: Machine, task: Task, signal: SignalName): void {
  if (task.dead) return
  if (signal === 'SIGCONT') {
    task.stopped = false
    task.resumed.all()
  }
  const handler = signal === 'SIGKILL' || signal === 'SIGSTOP' ? undefined : task.handlers.get(signal)
  if (handler === 'ignore') return
  if (handler !== undefined) handler()
  else if (signal === 'SIGSTOP') task.stopped = true
  else if (!ignoredByDefault.has(signal)) finish(machine, task, { signal })
}

/** Waits while the task or its machine is halted. Throws `Killed` when the task is over. */
export async function proceed(machine: Machine, task: Task): Promise<void> {
  while (!task.dead && (task.stopped || machine.paused)) {
    await Promise.race([task.stopped ? task.resumed.wait() : machine.resumed.wait(), task.ended])
  }
  if (task.dead) throw killed
}
