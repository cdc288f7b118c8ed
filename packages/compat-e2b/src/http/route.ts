import type { IncomingMessage } from 'node:http'
import type { E2bCaller } from '../host.ts'
import type { Reply } from './reply.ts'

/** One request of the control plane, from a caller whose key is good. */
export interface Call {
  readonly caller: E2bCaller
  /** Parts of the path, decoded, in the order of the pattern's `:names`. */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
  /** Reads the body as JSON. */
  readonly json: () => Promise<unknown>
  readonly request: IncomingMessage
  /** Scheme and host under which the caller reached us, the path that leads to us included. */
  readonly origin: string
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal
}

export type Handle = (call: Call) => Promise<Reply>
/** Method and path, `:` for any one part: `GET /sandboxes/:`. */
export type Routes = Readonly<Record<string, Handle>>

export interface Match {
  readonly handle: Handle
  readonly parts: readonly string[]
}

/** Finds the handler of a request. `undefined`: there is none, or a part is not decodable. */
export function createRouter(routes: Routes): (method: string, path: string) => Match | undefined {
  const table = Object.entries(routes).map(([key, handle]) => {
    const [method = '', pattern = ''] = key.split(' ')
    return { method, pattern: pattern.split('/').slice(1), handle }
  })
  return (method, path) => {
    const given = path
      .replace(/(?<=.)\/$/, '')
      .split('/')
      .slice(1)
    for (const route of table) {
      if (route.method !== method || route.pattern.length !== given.length) continue
      if (!route.pattern.every((part, index) => part === ':' || part === given[index])) continue
      const parts = route.pattern.flatMap((part, index) => (part === ':' ? [decode(given[index] ?? '')] : []))
      if (parts.every((part) => part !== undefined)) return { handle: route.handle, parts }
    }
    return undefined
  }
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}
