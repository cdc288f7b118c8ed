import type { SandboxMetrics } from '@caisson/core'
import { statfs } from 'node:fs/promises'
import { type Group, read } from './cgroup/group.ts'
import type { RunningRecord } from './record/record.ts'

/** What the sandbox uses, as the kernel counts it from outside. */
export async function readMetrics(group: Group, record: RunningRecord): Promise<SandboxMetrics> {
  const [cpuMs, memoryBytes, pids, disk] = await Promise.all([
    cpuTimeMs(group),
    read(group, 'memory', group.hierarchy.version === 2 ? 'memory.current' : 'memory.usage_in_bytes'),
    read(group, 'pids', 'pids.current'),
    // The root of its mount namespace: no path of the sandbox's own is walked.
    statfs(`/proc/${record.init.pid}/root`),
  ])
  return {
    atMs: Date.now(),
    cpuMs,
    memoryBytes: Number(memoryBytes),
    memoryLimitBytes: record.resources.memoryBytes,
    diskBytes: (disk.blocks - disk.bfree) * disk.bsize,
    diskLimitBytes: record.resources.diskBytes,
    pids: Number(pids),
  }
}

async function cpuTimeMs(group: Group): Promise<number> {
  if (group.hierarchy.version === 1) return Number(await read(group, 'cpuacct', 'cpuacct.usage')) / 1e6
  return Number(/^usage_usec (\d+)$/m.exec(await read(group, 'cpu', 'cpu.stat'))?.[1] ?? 0) / 1000
}
