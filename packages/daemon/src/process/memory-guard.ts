import { readFileSync } from 'node:fs'
import { readProcTable } from './proc-table.ts'

/** What the group of all this sandbox's memory says of it; version 1 of control groups, then version 2. */
const accounts = [
  ['/sys/fs/cgroup/memory/memory.stat', /^total_shmem (\d+)$/m],
  ['/sys/fs/cgroup/memory.stat', /^shmem (\d+)$/m],
] as const

/** Faster than this no program fills memory. */
const bytesPerMs = 2 * 1024 * 1024
const shortestMs = 5
const longestMs = 100
/** gVisor gives the memory of an ended process back a moment later. */
const reclaimMs = 50

let kills = 0

/** How many processes were ended for want of memory. */
export function guardKills(): number {
  return kills
}

/**
 * Holds the memory of all code to a limit where the kernel outside cannot: it counts gVisor and everything in it as one, and would end it as one. gVisor keeps
 * what programs hold as shared memory of the host, which tells it from gVisor's own. What the daemon holds when it starts does not count.
 */
export function guardMemory(limitBytes: number): void {
  const account = accounts.find(([file, line]) => readAmount(file, line) !== undefined)
  if (account === undefined) throw new Error('the memory of this sandbox is not accounted for')
  const [path, pattern] = account
  const held = (): number => readAmount(path, pattern) ?? 0
  const own = held()
  const look = (): void => {
    const roomBytes = limitBytes - (held() - own)
    const killed = roomBytes < 0 && killBiggest()
    setTimeout(look, killed ? reclaimMs : Math.min(Math.max(roomBytes / bytesPerMs, shortestMs), longestMs))
  }
  look()
}

function readAmount(path: string, pattern: RegExp): number | undefined {
  try {
    const text = pattern.exec(readFileSync(path, 'utf8'))?.[1]
    return text === undefined ? undefined : Number(text)
  } catch {
    return undefined
  }
}

/** As the kernel would choose. False when there is nothing but the daemon and its init. */
function killBiggest(): boolean {
  const [biggest] = readProcTable()
    .filter(({ pid }) => pid !== process.pid && pid !== process.ppid)
    .map(({ pid }) => ({ pid, pages: readAmount(`/proc/${pid}/statm`, /^\d+ (\d+)/) ?? 0 }))
    .toSorted((left, right) => right.pages - left.pages)
  if (biggest === undefined) return false
  kills += 1
  try {
    process.kill(biggest.pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
  return true
}
