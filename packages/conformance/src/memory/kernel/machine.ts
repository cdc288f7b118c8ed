import type { ByteChannel, Resources } from '@caisson/core'
import type { MemoryClock } from '../clock.ts'
import type { FileSystem } from '../files/file-system.ts'
import { createWake, type Wake } from '../wake.ts'
import { deliver, finish, Killed, proceed, type Task } from './task.ts'
import type { SignalName } from './signals.ts'

/** Everything that one sandbox consists of. */
export interface Machine {
  readonly clock: MemoryClock
  readonly files: FileSystem
  readonly limits: Resources
  readonly env: Readonly<Record<string, string>>
  /** Living tasks by pid. */
  readonly tasks: Map<number, Task>
  readonly listeners: Map<number, (channel: ByteChannel) => void>
  readonly connect: (host: string, port: number) => Promise<ByteChannel>
  readonly resumed: Wake
  nextPid: number
  paused: boolean
  memoryBytes: number
  cpuMs: number
  /** When CPU time was last counted, by `performance.now`. */
  burnedAtMs: number
}

export function createMachine(
  parts: Pick<Machine, 'clock' | 'files' | 'limits' | 'env' | 'connect' | 'listeners'>,
): Machine {
  return {
    ...parts,
    tasks: new Map(),
    resumed: createWake(),
    // The first process of a sandbox is its init.
    nextPid: 2,
    paused: false,
    memoryBytes: 0,
    cpuMs: 0,
    burnedAtMs: performance.now(),
  }
}

export function signalGroup(machine: Machine, group: number, signal: SignalName): void {
  for (const task of machine.tasks.values()) if (task.group === group) deliver(machine, task, signal)
}

/** Kills everything that one `spawn` has started. */
export function killOrigin(machine: Machine, origin: symbol): void {
  for (const task of machine.tasks.values()) if (task.origin === origin) finish(machine, task, { signal: 'SIGKILL' })
}

export async function sleep(machine: Machine, task: Task, ms: number): Promise<void> {
  await proceed(machine, task)
  // It may have been killed before this line had its turn.
  if (task.dead) throw new Killed()
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      giveUp()
      reject(new Killed())
    }
    const giveUp = machine.clock.schedule(() => {
      task.abort.signal.removeEventListener('abort', stop)
      resolve()
    }, ms)
    task.abort.signal.addEventListener('abort', stop, { once: true })
  })
  await proceed(machine, task)
}

export function allocate(machine: Machine, task: Task, bytes: number): void {
  if (task.dead) throw new Killed()
  if (machine.memoryBytes + bytes > machine.limits.memoryBytes) {
    finish(machine, task, { signal: 'SIGKILL', outOfMemory: true })
    throw new Killed()
  }
  machine.memoryBytes += bytes
  task.memoryBytes += bytes
}

/** How long a busy loop rests where it has a whole CPU. */
const restMs = 2

/** What a busy loop calls now and then: counts the time for which it was busy as CPU time, as far as the limit grants it. */
export async function burn(machine: Machine, task: Task): Promise<void> {
  const nowMs = performance.now()
  // Tasks of one machine share what is granted.
  const busyMs = nowMs - Math.max(task.busySinceMs, machine.burnedAtMs)
  const cpuMs = busyMs * Math.min(1, machine.limits.cpus)
  machine.burnedAtMs = nowMs
  machine.cpuMs += cpuMs
  task.cpuMs += cpuMs
  await new Promise((resolve) => setTimeout(resolve, restMs / machine.limits.cpus))
  await proceed(machine, task)
}
