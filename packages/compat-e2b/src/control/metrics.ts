import { z } from 'zod'
import type { Services } from '../gateway-options.ts'
import { parse } from '../http/read-json.ts'
import type { Handle } from '../http/route.ts'

const momentSchema = z.coerce.number().int().min(0).optional()

/** `GET /sandboxes/{id}/metrics`: what is known between two moments, given in seconds. */
export function getMetrics({ registry, sampler }: Services): Handle {
  return async ({ parts, caller, query }) => {
    const start = parse(momentSchema, query.get('start') ?? undefined) ?? 0
    const end = parse(momentSchema, query.get('end') ?? undefined) ?? Number.MAX_SAFE_INTEGER
    const entry = await registry.findFor(parts[0] ?? '', caller)
    const samples = await sampler.samples(entry)
    return {
      status: 200,
      body: samples.filter(({ timestampUnix }) => timestampUnix >= start && timestampUnix <= end),
    }
  }
}

/** `GET /sandboxes/metrics`: the last sample of several sandboxes, by id. */
export function getManyMetrics({ registry, sampler }: Services): Handle {
  return async ({ caller, query }) => {
    const ids = new Set(query.getAll('sandbox_ids').flatMap((value) => value.split(',')))
    const entries = (await registry.list(caller)).filter(({ record }) => ids.has(record.id))
    const found = await Promise.all(
      entries.map(async (entry) => [entry.record.id, (await sampler.samples(entry)).at(-1)] as const),
    )
    return { status: 200, body: { sandboxes: Object.fromEntries(found.filter(([, sample]) => sample !== undefined)) } }
  }
}
