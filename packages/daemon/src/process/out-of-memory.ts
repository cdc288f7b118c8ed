import { readSystemFile } from '../read-system-file.ts'
import { guardKills } from './memory-guard.ts'

const counters = [
  ['/sys/fs/cgroup/memory.events', /^oom_kill (\d+)$/m],
  ['/sys/fs/cgroup/memory/memory.oom_control', /^oom_kill (\d+)$/m],
] as const

/** How many processes the kernel, or the daemon in its place, has killed for want of memory in this sandbox; 0 where it does not tell. */
export function readOutOfMemoryKills(): number {
  return kernelKills() + guardKills()
}

/** The one of them that this sandbox has. Looked for once, because it is read with every process. */
let counter: (typeof counters)[number] | 'none' | undefined

function kernelKills(): number {
  counter ??= counters.find(([path]) => readSystemFile(path) !== undefined) ?? 'none'
  if (counter === 'none') return 0
  const [path, pattern] = counter
  return Number(pattern.exec(readSystemFile(path) ?? '')?.[1] ?? 0)
}
