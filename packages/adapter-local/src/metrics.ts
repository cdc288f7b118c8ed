import type { ProcessIdentity } from '@caisson/adapter-kit'
import type { SandboxMetrics } from '@caisson/core'
import { statfs } from 'node:fs/promises'
import { type Group, read } from './cgroup/group.ts'
import { heldBytes } from './gvisor/held-bytes.ts'
import type { RunningRecord } from './record/record.ts'

/** What the sandbox uses, as the kernel counts it from outside. */
export async function readMetrics(group: Group, { init, gofer, resources }: RunningRecord): Promise<SandboxMetrics> {
  const [cpuMs, memoryBytes, pids, diskBytes] = await Promise.all([
    cpuTimeMs(group),
    gofer === undefined ? usageBytes(group) : heldBytes(group),
    read(group, 'pids', 'pids.current'),
    usedBytes(gofer ?? init),
  ])
  return {
    atMs: Date.now(),
    cpuMs,
    memoryBytes,
    memoryLimitBytes: resources.memoryBytes,
    diskBytes,
    diskLimitBytes: resources.diskBytes,
    pids: Number(pids),
  }
}

async function usageBytes(group: Group): Promise<number> {
  const file = group.hierarchy.version === 2 ? 'memory.current' : 'memory.usage_in_bytes'
  return Number(await read(group, 'memory', file))
}

/** Of the root of its mount namespace: no path of the sandbox's own is walked. */
async function usedBytes({ pid }: ProcessIdentity): Promise<number> {
  const { blocks, bfree, bsize } = await statfs(`/proc/${pid}/root`)
  return (blocks - bfree) * bsize
}

/** Of its whole life. */
export async function cpuTimeMs(group: Group): Promise<number> {
  if (group.hierarchy.version === 1) return Number(await read(group, 'cpuacct', 'cpuacct.usage')) / 1e6
  return Number(/^usage_usec (\d+)$/m.exec(await read(group, 'cpu', 'cpu.stat'))?.[1] ?? 0) / 1000
}
