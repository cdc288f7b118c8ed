import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { mib } from '@caisson/core'
import {
  ConnectError,
  connectErrorBody,
  connectStatus,
  createEnvelopeParser,
  decodeJson,
  encodeEndOfStream,
  encodeMessage,
  streamContentType,
} from '@caisson/wire-e2b'
import type { z } from 'zod'
import type { Entry } from '../sandboxes/entry.ts'
import { sendJson } from '../http/reply.ts'
import { toConnectError } from './errors.ts'

const longestBytes = 16 * mib

/** One call of the data plane, for a sandbox that does not speak it. */
export interface Exchange {
  readonly entry: Entry
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** As whom; absent is the template's user. */
  readonly user: string | undefined
  /** Aborts when the client has gone or the sandbox is being ended. */
  readonly signal: AbortSignal
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.byteLength
    if (size > longestBytes) throw new ConnectError('resource_exhausted', `the message exceeds ${longestBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new ConnectError(
    'invalid_argument',
    `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'not valid'}`,
  )
}

function decode(bytes: Uint8Array): unknown {
  try {
    return decodeJson(bytes)
  } catch (error) {
    throw new ConnectError('invalid_argument', error instanceof Error ? error.message : 'not JSON')
  }
}

/** Answers a unary call with what `work` makes of its message. */
export async function answerUnary<Schema extends z.ZodType>(
  { request, response }: Exchange,
  schema: Schema,
  work: (message: z.output<Schema>) => Promise<object>,
): Promise<void> {
  try {
    sendJson(response, { status: 200, body: await work(check(schema, decode(await readBytes(request)))) })
  } catch (error) {
    const known = toConnectError(error)
    sendJson(response, { status: connectStatus[known.code], body: connectErrorBody(known) })
  }
}

/** Answers a server stream with the messages that `work` yields. One that breaks off because its sandbox ends has no end. */
export async function answerStream<Schema extends z.ZodType>(
  { request, response, entry, signal }: Exchange,
  schema: Schema,
  work: (message: z.output<Schema>) => AsyncIterable<object>,
): Promise<void> {
  const begin = (): void => {
    if (!response.headersSent) response.writeHead(200, { 'content-type': streamContentType })
  }
  const ping = pinger(request, response)
  try {
    const [envelope] = parseEnvelopes(await readBytes(request))
    if (envelope === undefined) throw new ConnectError('invalid_argument', 'the message is missing')
    for await (const message of work(check(schema, decode(envelope.payload)))) {
      if (signal.aborted) return
      begin()
      if (!response.write(encodeMessage(message))) await once(response, 'drain', { signal })
    }
    begin()
    response.end(encodeEndOfStream())
  } catch (error) {
    if (signal.aborted || response.destroyed) return
    if (entry.gone) {
      response.destroy()
      return
    }
    begin()
    response.end(encodeEndOfStream(toConnectError(error)))
  } finally {
    clearInterval(ping)
  }
}

/** A sign of life as often as the client asked for one. */
function pinger(request: IncomingMessage, response: ServerResponse): NodeJS.Timeout | undefined {
  const seconds = Number(request.headers['keepalive-ping-interval'])
  if (!(seconds >= 1)) return undefined
  const isProcess = request.url?.startsWith('/process.') === true
  const message = encodeMessage(isProcess ? { event: { keepalive: {} } } : { keepalive: {} })
  return setInterval(() => {
    if (response.headersSent && !response.writableEnded && !response.writableNeedDrain) response.write(message)
  }, seconds * 1000).unref()
}

function parseEnvelopes(bytes: Uint8Array): ReturnType<ReturnType<typeof createEnvelopeParser>['push']> {
  try {
    return createEnvelopeParser(longestBytes).push(bytes)
  } catch (error) {
    throw new ConnectError('invalid_argument', error instanceof Error ? error.message : 'malformed stream')
  }
}
