import type { MetricsResponse } from '@daytona/api-client'
import type { SystemMetrics } from '@daytona/toolbox-api-client'
import { z } from 'zod'
import type { Services } from '../gateway-options.ts'
import { parse } from '../http/body.ts'
import { type Handle, ok } from '../http/call.ts'
import { keptSamples, sampleOf } from '../sandboxes/metrics.ts'
import { assertStarted } from './lifecycle.ts'

const fields = {
  'daytona.sandbox.cpu.utilization': 'cpuUsedPct',
  'daytona.sandbox.cpu.limit': 'cpuCount',
  'daytona.sandbox.memory.usage': 'memUsed',
  'daytona.sandbox.memory.limit': 'memTotal',
  'daytona.sandbox.memory.cache': 'memCache',
  'daytona.sandbox.filesystem.usage': 'diskUsed',
  'daytona.sandbox.filesystem.total': 'diskTotal',
} as const satisfies Record<string, keyof SystemMetrics>

const rangeSchema = z.object({ from: z.coerce.date(), to: z.coerce.date() })

/** `GET /sandbox/{id}/telemetry/metrics`: what this replica saw while it had the sandbox at hand, and what is so now. */
export function readTelemetry(services: Services): Handle<MetricsResponse> {
  return async ({ parts, caller, query }) => {
    const { from, to } = parse(rangeSchema, Object.fromEntries(query))
    const record = await assertStarted(services, parts[0] ?? '', caller)
    const entry = await services.registry.open(record)
    const wanted = new Set(query.getAll('metricNames').flatMap((names) => names.split(',')))
    const samples = [...keptSamples(entry), await sampleOf(entry, record)].filter(({ timestamp }) => {
      const atMs = Date.parse(timestamp ?? '')
      return atMs >= from.getTime() && Math.floor(atMs / 1000) <= Math.ceil(to.getTime() / 1000)
    })
    const series = Object.entries(fields)
      .filter(([metricName]) => wanted.size === 0 || wanted.has(metricName))
      .map(([metricName, field]) => ({
        metricName,
        dataPoints: samples.map((sample) => ({ timestamp: sample.timestamp ?? '', value: sample[field] ?? 0 })),
      }))
    return ok({ series })
  }
}
