import type { ListSandboxesResponse } from '@daytona/api-client'
import { z } from 'zod'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { parse } from '../http/body.ts'
import { type Handle, ok } from '../http/call.ts'
import { lastActivity } from '../sandboxes/activity.ts'
import type { SandboxRecord } from '../sandboxes/record.ts'
import { listedView } from '../sandboxes/view.ts'

const mostItems = 200
const number = z.coerce.number()
const date = z.coerce.date().transform((value) => value.getTime())
const querySchema = z.object({
  limit: z.coerce.number().int().min(1).max(mostItems).default(100),
  id: z.string().optional(),
  name: z.string().optional(),
  labels: z.string().optional(),
  minCpu: number.optional(),
  maxCpu: number.optional(),
  minMemoryGiB: number.optional(),
  maxMemoryGiB: number.optional(),
  minDiskGiB: number.optional(),
  maxDiskGiB: number.optional(),
  isPublic: z.enum(['true', 'false']).optional(),
  createdAtAfter: date.optional(),
  createdAtBefore: date.optional(),
  sort: z.string().default('createdAt'),
  order: z.enum(['asc', 'desc']).default('desc'),
})
type Query = z.output<typeof querySchema>

const labelsSchema = z.record(z.string(), z.string())
const cursorSchema = z.object({ key: z.union([z.string(), z.number()]), id: z.string() })

/** `GET /sandbox`, by pages. */
export function listSandboxes({ registry, host }: Services): Handle<ListSandboxesResponse> {
  return async ({ caller, query: given, base }) => {
    const query = parse(querySchema, Object.fromEntries(given))
    const sets = {
      state: new Set(valuesOf(given, 'states')),
      snapshot: new Set(valuesOf(given, 'snapshots')),
      target: new Set([...valuesOf(given, 'regionIds'), ...valuesOf(given, 'targets')]),
    }
    const labels = readLabels(query.labels)
    const sign = query.order === 'asc' ? 1 : -1
    const compare = (left: Place, right: Place): number =>
      sign * (order(left.key, right.key) || order(left.id, right.id))
    const after = readCursor(given.get('cursor'))
    const rest = (await registry.list(caller))
      .filter(
        (record) =>
          isWithin(record, query) &&
          Object.entries(labels).every(([name, value]) => record.labels[name] === value) &&
          Object.entries(sets).every(([field, set]) => set.size === 0 || set.has(fieldOf(record, field))),
      )
      .map((record) => ({ record, place: { key: sortKey(record, query.sort), id: record.id } }))
      .toSorted((left, right) => compare(left.place, right.place))
      .filter(({ place }) => after === undefined || compare(after, place) < 0)
    const page = rest.slice(0, query.limit)
    const last = page.at(-1)
    return ok({
      items: await Promise.all(
        page.map(async ({ record }) =>
          listedView(record, { base, lastActivityAtMs: await lastActivity(host, record) }),
        ),
      ),
      nextCursor: rest.length > page.length && last !== undefined ? writeCursor(last.place) : null,
    })
  }
}

interface Place {
  readonly key: string | number
  readonly id: string
}

function order(left: string | number, right: string | number): number {
  return left < right ? -1 : Number(left > right)
}

function fieldOf(record: SandboxRecord, field: string): string {
  if (field === 'state') return record.state
  return field === 'snapshot' ? record.snapshot : record.target
}

function sortKey(record: SandboxRecord, sort: string): string | number {
  switch (sort) {
    case 'name':
      return record.name
    case 'state':
      return record.state
    case 'snapshot':
      return record.snapshot
    case 'region':
    case 'target':
      return record.target
    case 'cpu':
      return record.cpu
    case 'memory':
      return record.memoryGib
    case 'disk':
      return record.diskGib
    case 'updatedAt':
    case 'lastActivityAt':
      return record.updatedAtMs
    default:
      return record.createdAtMs
  }
}

function isWithin(record: SandboxRecord, query: Query): boolean {
  const between = (value: number, least?: number, most?: number): boolean =>
    value >= (least ?? -Infinity) && value <= (most ?? Infinity)
  return (
    (query.id === undefined || record.id.startsWith(query.id)) &&
    (query.name === undefined || record.name.startsWith(query.name)) &&
    (query.isPublic === undefined || record.public === (query.isPublic === 'true')) &&
    between(record.cpu, query.minCpu, query.maxCpu) &&
    between(record.memoryGib, query.minMemoryGiB, query.maxMemoryGiB) &&
    between(record.diskGib, query.minDiskGiB, query.maxDiskGiB) &&
    between(record.createdAtMs, query.createdAtAfter, query.createdAtBefore)
  )
}

function valuesOf(query: URLSearchParams, name: string): readonly string[] {
  return query.getAll(name).flatMap((value) => value.split(',').filter((part) => part !== ''))
}

function readLabels(text: string | undefined): Readonly<Record<string, string>> {
  if (text === undefined || text === '') return {}
  try {
    return labelsSchema.parse(JSON.parse(text))
  } catch (cause) {
    throw new DaytonaError(400, 'labels: not an object of texts as JSON', { cause })
  }
}

function writeCursor(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function readCursor(cursor: string | null): Place | undefined {
  if (cursor === null || cursor === '') return undefined
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
  } catch (cause) {
    throw new DaytonaError(400, 'cursor: not one of ours', { cause })
  }
}
