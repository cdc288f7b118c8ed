import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import { z } from 'zod'

/** What the answers to one call have said. */
interface Heard {
  retryAfterMs?: number | undefined
}

const calls = new AsyncLocalStorage<Heard>()
const heardBy = new WeakMap<object, Heard>()

const createdSchema = z.object({ request: z.custom<object>((value) => typeof value === 'object' && value !== null) })
const answeredSchema = createdSchema.extend({
  response: z.object({
    statusCode: z.number(),
    headers: z.array(z.custom<Uint8Array>((value) => value instanceof Uint8Array)),
  }),
})

/** The SDK waits as `Retry-After` says and then forgets it. Its HTTP client tells every answer on these channels, which Node offers for the purpose. */
let listening = false
function listen(): void {
  if (listening) return
  listening = true
  subscribe('undici:request:create', (message) => {
    const heard = calls.getStore()
    const created = heard === undefined ? undefined : createdSchema.safeParse(message)
    if (heard !== undefined && created?.success === true) heardBy.set(created.data.request, heard)
  })
  subscribe('undici:request:headers', (message) => {
    const answered = answeredSchema.safeParse(message)
    const heard = answered.success ? heardBy.get(answered.data.request) : undefined
    if (!answered.success || heard === undefined) return
    const { statusCode, headers } = answered.data.response
    heard.retryAfterMs = statusCode === 429 || statusCode === 503 ? retryAfterOf(headers) : undefined
  })
}

/** Names and values take turns. */
function retryAfterOf(headers: readonly Uint8Array[]): number | undefined {
  const texts = headers.map((bytes) => Buffer.from(bytes).toString('latin1'))
  const at = texts.findIndex((text, index) => index % 2 === 0 && text.toLowerCase() === 'retry-after')
  const seconds = at === -1 ? undefined : /^\d{1,6}$/.exec(texts[at + 1] ?? '')?.[0]
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

/** Runs a call and keeps what the last answer to it said about when to try again. */
export async function hearing<Value>(call: (heard: Readonly<Heard>) => Promise<Value>): Promise<Value> {
  listen()
  const heard: Heard = {}
  return await calls.run(heard, async () => await call(heard))
}
