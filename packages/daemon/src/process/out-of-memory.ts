import { readFileSync } from 'node:fs'
import { guardKills } from './memory-guard.ts'

const counters = [
  ['/sys/fs/cgroup/memory.events', /^oom_kill (\d+)$/m],
  ['/sys/fs/cgroup/memory/memory.oom_control', /^oom_kill (\d+)$/m],
] as const

/** How many processes the kernel, or the daemon in its place, has killed for want of memory in this sandbox; 0 where it does not tell. */
export function readOutOfMemoryKills(): number {
  return kernelKills() + guardKills()
}

function kernelKills(): number {
  for (const [path, pattern] of counters) {
    try {
      return Number(pattern.exec(readFileSync(path, 'utf8'))?.[1] ?? 0)
    } catch {
      // The other version of control groups, or none.
    }
  }
  return 0
}
