import { z } from 'zod'
import { E2bError } from '../e2b-error.ts'
import { parse } from '../http/read-json.ts'
import type { Reply } from '../http/reply.ts'

const mostItems = 100
const tokenSchema = z.object({ atMs: z.number(), id: z.string().max(256) })
const limitSchema = z.coerce.number().int().min(1).max(mostItems).default(mostItems)

/** Something that a list is ordered by: its time, and its id among those of the same time. */
export interface Place {
  readonly atMs: number
  readonly id: string
}

/** One page of `items` by the request's `limit`, `nextToken` and `order`; newest first unless it says `asc`. */
export function pageOf<Item>(
  items: readonly Item[],
  query: URLSearchParams,
  { placeOf, view }: { readonly placeOf: (item: Item) => Place; readonly view: (item: Item) => object },
): Reply {
  const order = parse(z.enum(['asc', 'desc']).default('desc'), query.get('order') ?? undefined)
  const limit = parse(limitSchema, query.get('limit') ?? undefined)
  const sign = order === 'asc' ? 1 : -1
  const compare = (left: Place, right: Place): number =>
    sign * (left.atMs - right.atMs || (left.id < right.id ? -1 : Number(left.id > right.id)))
  const after = readToken(query.get('nextToken'))
  const rest = items
    .map((item) => ({ item, place: placeOf(item) }))
    .toSorted((left, right) => compare(left.place, right.place))
    .filter(({ place }) => after === undefined || compare(after, place) < 0)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return {
    status: 200,
    body: page.map(({ item }) => view(item)),
    headers: rest.length > page.length && last !== undefined ? { 'x-next-token': writeToken(last.place) } : {},
  }
}

function writeToken(place: Place): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

function readToken(token: string | null): Place | undefined {
  if (token === null || token === '') return undefined
  try {
    return tokenSchema.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')))
  } catch (cause) {
    throw new E2bError(400, 'nextToken is not one of ours', { cause })
  }
}
