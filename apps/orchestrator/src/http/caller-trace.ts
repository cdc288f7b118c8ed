import { AsyncLocalStorage } from 'node:async_hooks'
import type { IncomingMessage } from 'node:http'

const current = new AsyncLocalStorage<string | undefined>()

/** Does `work` for a request of a vendor's client: what it opens belongs to the trace that the request names. */
export function withCallerTrace({ headers }: Pick<IncomingMessage, 'headers'>, work: () => void): void {
  const { traceparent } = headers
  current.run(typeof traceparent === 'string' ? traceparent : undefined, work)
}

/** W3C `traceparent` of the request at hand, as it came. */
export function callerTraceparent(): string | undefined {
  return current.getStore()
}
