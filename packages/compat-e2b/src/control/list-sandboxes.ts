import { z } from 'zod'
import type { Services } from '../gateway-options.ts'
import { E2bError } from '../e2b-error.ts'
import { parse } from '../http/read-json.ts'
import type { Handle } from '../http/route.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { listedView, stateOf } from '../sandboxes/view.ts'
import { pageOf } from './page.ts'

const stateSchema = z.enum(['running', 'paused'])

/** `GET /v2/sandboxes` by pages, and `GET /sandboxes`, which knows only those that run. */
export function listSandboxes({ registry }: Services, defaultStates: readonly ('running' | 'paused')[]): Handle {
  return async ({ caller, query }) => {
    const given = query.getAll('state').flatMap((value) => value.split(',').filter((part) => part !== ''))
    const states = given.length === 0 ? defaultStates : given.map((value) => parse(stateSchema, value))
    const metadata = readMetadata(query.get('metadata'))
    const template = query.get('template')
    const after = readTime(query.get('startedAfter'))
    const all = await registry.list(caller)
    const wanted = all.filter(
      (entry) =>
        states.includes(stateOf(entry)) &&
        Object.entries(metadata).every(([name, value]) => entry.record.metadata[name] === value) &&
        (template === null || entry.record.template === template || entry.record.alias === template) &&
        (after === undefined || entry.record.startedAtMs >= after),
    )
    const page = pageOf<Entry>(wanted, query, {
      placeOf: ({ record }) => ({ atMs: record.startedAtMs, id: record.id }),
      view: ({ record, info }) => listedView(record, info),
    })
    const running = wanted.filter((entry) => stateOf(entry) === 'running').length
    return { ...page, headers: { ...page.headers, 'x-total-running': String(running) } }
  }
}

/** A query string in a query string; the clients encode names and values a second time. */
function readMetadata(text: string | null): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(
      [...new URLSearchParams(text ?? '')].map(([name, value]) => [
        decodeURIComponent(name),
        decodeURIComponent(value),
      ]),
    )
  } catch (cause) {
    throw new E2bError(400, 'metadata: not a query string', { cause })
  }
}

function readTime(text: string | null): number | undefined {
  if (text === null || text === '') return undefined
  const atMs = Date.parse(text)
  if (Number.isNaN(atMs)) throw new E2bError(400, 'startedAfter: not a point in time')
  return atMs
}
