import { identify, isAlive } from '@caisson/adapter-kit'
import { freshId } from '@caisson/core'
import { readFileSync } from 'node:fs'

/** Says on the engine who is making something, for as long as it is half made. Dispose it when that is over, whatever came of it. */
export interface Claim extends Disposable {
  /**
   * The machine's boot, the pid, the time at which the process began and the piece of work: no later process or work is taken for this one.
   */
  readonly owner: string
}

const unknownBoot = 'unknown'
const ownProcess = `${bootId()}.${process.pid}.${identify(process.pid)?.startTime ?? 0}`
const underway = new Set<string>()

export function claim(): Claim {
  const owner = `${ownProcess}.${freshId()}`
  underway.add(owner)
  return { owner, [Symbol.dispose]: () => void underway.delete(owner) }
}

/** Whether that work is surely over. A process of another machine may still be at it. */
export function isOver(owner: string): boolean {
  if (owner.startsWith(`${ownProcess}.`)) return !underway.has(owner)
  const [boot, pid, startTime] = owner.split('.')
  if (boot !== bootId() || boot === unknownBoot || pid === undefined || startTime === undefined) return false
  return !isAlive({ pid: Number(pid), startTime })
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()
  } catch {
    // Not Linux: nothing can be told about its processes.
    return unknownBoot
  }
}
