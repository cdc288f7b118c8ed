import type { ApiRouter } from '@caisson/api'
import { maxWaitMs } from '@caisson/api/schemas'
import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink, type TRPCClient } from '@trpc/client'
import { EventSource } from 'eventsource'
import type { output, ZodType } from 'zod'
import { fromWireError } from './from-wire-error.ts'

export interface ClientOptions {
  /** Where the service is: `http://127.0.0.1:7718`. */
  readonly url: string
  readonly apiKey: string
  /** Default: the runtime's own `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined
  /** How long one request may take. Default 60 s, which is more than the longest wait that the service offers. */
  readonly requestTimeoutMs?: number | undefined
  /** How long a lost connection to a running operation is sought again. Default 60 s. */
  readonly reconnectMs?: number | undefined
}

/** The service's procedures, their failures as core's errors. */
export interface Connection {
  readonly trpc: TRPCClient<ApiRouter>
  readonly reconnectMs: number
  /** How long the service may take its time with an answer. */
  readonly answerMs: number
  /** Makes one request and checks the answer. */
  readonly ask: <Schema extends ZodType>(
    schema: Schema,
    request: (trpc: TRPCClient<ApiRouter>) => Promise<unknown>,
  ) => Promise<output<Schema>>
}

export function connect(options: ClientOptions): Connection {
  const { apiKey, fetch = globalThis.fetch, requestTimeoutMs = 60_000, reconnectMs = 60_000 } = options
  const base = options.url.replace(/\/+$/, '')
  const url = `${base}/trpc`
  const authorization = `Bearer ${apiKey}`
  const trpc = createTRPCClient<ApiRouter>({
    links: [
      splitLink({
        condition: ({ type }) => type === 'subscription',
        true: httpSubscriptionLink({
          url,
          EventSource,
          eventSourceOptions: {
            fetch: async (target, init) =>
              await fetch(target, { ...init, headers: { ...init.headers, authorization } }),
          },
        }),
        // Everything by POST: what is asked for does not belong into the address, where proxies log it.
        false: httpLink({
          url,
          methodOverride: 'POST',
          headers: { authorization },
          fetch: async (target, init) =>
            await fetch(target, { ...init, signal: withTimeout(init?.signal, requestTimeoutMs) }),
        }),
      }),
    ],
  })
  return {
    trpc,
    reconnectMs,
    answerMs: Math.min(maxWaitMs, Math.floor(requestTimeoutMs / 2)),
    ask: async (schema, request) => {
      try {
        return schema.parse(await request(trpc))
      } catch (error) {
        throw fromWireError(error, base)
      }
    },
  }
}

function withTimeout(signal: AbortSignal | null | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs)
  return signal === null || signal === undefined ? timeout : AbortSignal.any([signal, timeout])
}
