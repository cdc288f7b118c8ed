import type { SystemMetrics } from '@daytona/toolbox-api-client'
import type { Entry } from './entry.ts'
import type { SandboxRecord } from './record.ts'

interface CpuSample {
  readonly atMs: number
  readonly cpuMs: number
}

const cpuSamples = new WeakMap<Entry, CpuSample>()
const kept = new WeakMap<Entry, SystemMetrics[]>()
/** Every quarter of a minute for an hour. */
const mostKept = 240

/** What the sandbox uses now; zeros where its adapter does not say. */
export async function sampleOf(entry: Entry, record: SandboxRecord): Promise<SystemMetrics> {
  const metrics = await entry.sandbox.metrics?.()
  const nowMs = Date.now()
  const time = { timestamp: new Date(nowMs).toISOString(), timestampUnix: Math.floor(nowMs / 1000) }
  if (metrics === undefined) return { ...time, cpuCount: record.cpu }
  const { atMs, cpuMs, memoryBytes, memoryLimitBytes, diskBytes, diskLimitBytes } = metrics
  const before = cpuSamples.get(entry) ?? { atMs: record.createdAtMs, cpuMs: 0 }
  cpuSamples.set(entry, { atMs, cpuMs })
  const usedPct = (100 * (cpuMs - before.cpuMs)) / Math.max(1, atMs - before.atMs) / record.cpu
  return {
    ...time,
    cpuCount: record.cpu,
    cpuUsedPct: Math.min(100, Math.max(0, usedPct)),
    memTotal: memoryLimitBytes,
    memUsed: memoryBytes,
    memCache: 0,
    diskTotal: diskLimitBytes,
    diskUsed: diskBytes,
    diskFree: Math.max(0, diskLimitBytes - diskBytes),
  }
}

/** Remembers what a sandbox uses now, for as long as this process has it at hand. */
export async function keepSample(entry: Entry, record: SandboxRecord): Promise<void> {
  const samples = kept.get(entry) ?? []
  kept.set(entry, samples)
  samples.push(await sampleOf(entry, record))
  if (samples.length > mostKept) samples.shift()
}

export function keptSamples(entry: Entry): readonly SystemMetrics[] {
  return kept.get(entry) ?? []
}
