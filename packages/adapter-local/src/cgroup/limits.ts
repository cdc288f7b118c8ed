import type { Resources } from '@caisson/core'

/** One value to write into one file of a control group. Those that are `optional` may be missing on this kernel. */
export interface LimitFile {
  readonly controller: 'memory' | 'pids' | 'cpu'
  readonly file: string
  readonly value: string
  readonly optional?: boolean
}

const periodUs = 100_000

/** What the init and the daemon's threads may take beside the code, whose own number is held per user. */
const daemonPids = 32

/** The limits as files, in the order in which the kernel accepts them for a group that has none yet. Swap is never given. */
export function limitFiles(version: 1 | 2, resources: Resources): readonly LimitFile[] {
  const memory = String(resources.memoryBytes)
  const pids = String(resources.pids + daemonPids)
  const quota = String(Math.max(1000, Math.round(resources.cpus * periodUs)))
  if (version === 2) {
    return [
      { controller: 'memory', file: 'memory.max', value: memory },
      { controller: 'memory', file: 'memory.swap.max', value: '0', optional: true },
      { controller: 'pids', file: 'pids.max', value: pids },
      { controller: 'cpu', file: 'cpu.max', value: `${quota} ${periodUs}` },
    ]
  }
  return [
    { controller: 'memory', file: 'memory.limit_in_bytes', value: memory },
    { controller: 'memory', file: 'memory.memsw.limit_in_bytes', value: memory, optional: true },
    { controller: 'pids', file: 'pids.max', value: pids },
    { controller: 'cpu', file: 'cpu.cfs_period_us', value: String(periodUs) },
    { controller: 'cpu', file: 'cpu.cfs_quota_us', value: quota },
  ]
}
