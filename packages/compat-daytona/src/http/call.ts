import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GatewayCaller } from '@caisson/compat-kit'

/** One request, from a caller whose key is good. */
export interface Call {
  readonly caller: GatewayCaller
  /** Parts of the path, decoded, in the order of the pattern's `:`. */
  readonly parts: readonly string[]
  readonly query: URLSearchParams
  /** Reads the body as JSON. */
  readonly json: () => Promise<unknown>
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The address under which the caller reached the gateway, without a slash at its end. */
  readonly base: string
  /** Aborts when the caller has gone. */
  readonly signal: AbortSignal
}

/** What a handler answers. Without a body nothing is sent but the status. */
export interface Answer<Body = unknown> {
  readonly status: number
  readonly body?: Body
}

/** `sent`: the handler wrote the answer itself. */
export type Reply<Body = unknown> = Answer<Body> | 'sent'

export type Handle<Body = unknown> = (call: Call) => Promise<Reply<Body>>

export function ok<Body>(body: Body): Answer<Body> {
  return { status: 200, body }
}

export const nothing: Answer<never> = { status: 204 }
