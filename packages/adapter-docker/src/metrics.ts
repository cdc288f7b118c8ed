import type { CallOptions, SandboxMetrics } from '@caisson/core'
import { z } from 'zod'
import type { Engine } from './engine.ts'

const statsSchema = z.object({
  cpu_stats: z.object({ cpu_usage: z.object({ total_usage: z.number() }) }),
  memory_stats: z.object({
    usage: z.number().default(0),
    limit: z.number().default(0),
    stats: z.record(z.string(), z.number()).nullish(),
  }),
  pids_stats: z.object({ current: z.number().default(0) }).nullish(),
})
const inspectionSchema = z.object({ SizeRw: z.number().nullish() })

/** Use at this moment, as the engine counts it. Memory is without what the kernel can take back at once. */
export async function readMetrics(
  engine: Engine,
  containerId: string,
  diskLimitBytes: number,
  options?: CallOptions,
): Promise<SandboxMetrics> {
  const container = engine.docker.getContainer(containerId)
  const [stats, inspection] = await engine.call(
    'container',
    options,
    async () =>
      await Promise.all([
        container.stats({ stream: false, 'one-shot': true }).then((answer) => statsSchema.parse(answer)),
        container.inspect({ size: true } as object).then((answer) => inspectionSchema.parse(answer)),
      ]),
  )
  const { cpu_stats, memory_stats, pids_stats } = stats
  const cache = memory_stats.stats?.['inactive_file'] ?? memory_stats.stats?.['total_inactive_file'] ?? 0
  return {
    atMs: Date.now(),
    cpuMs: Math.round(cpu_stats.cpu_usage.total_usage / 1e6),
    memoryBytes: Math.max(0, memory_stats.usage - cache),
    memoryLimitBytes: memory_stats.limit,
    diskBytes: Math.max(0, inspection.SizeRw ?? 0),
    diskLimitBytes,
    pids: pids_stats?.current ?? 0,
  }
}
