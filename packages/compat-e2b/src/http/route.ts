import type { IncomingMessage } from 'node:http'
import type { Routes as RouteTable } from '@caisson/compat-kit'
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
/** Every path that is answered. */
export type Routes = RouteTable<Handle>
