import { concatBytes } from '@caisson/core'
import {
  connectErrorBody,
  ConnectError,
  connectStatus,
  createEnvelopeParser,
  decodeJson,
  encodeEndOfStream,
  encodeMessage,
  type Envelope,
  streamContentType,
} from '@caisson/wire-e2b'
import { toConnectError } from './errno.ts'

/** Longest message that the daemon takes: input comes in pieces of at most a few MiB. */
const maxMessageBytes = 16 * 1024 * 1024

/** The whole body of a request, refused when it is longer than `maxMessageBytes`. */
async function readBody(request: Request): Promise<Uint8Array> {
  const length = Number(request.headers.get('content-length') ?? '0')
  if (length > maxMessageBytes)
    throw new ConnectError('resource_exhausted', `the message exceeds ${maxMessageBytes} bytes`)
  const body = await request.bytes()
  if (body.byteLength > maxMessageBytes)
    throw new ConnectError('resource_exhausted', `the message exceeds ${maxMessageBytes} bytes`)
  return body
}

function decode(bytes: Uint8Array): unknown {
  try {
    return decodeJson(bytes)
  } catch (error) {
    throw new ConnectError('invalid_argument', error instanceof Error ? error.message : 'not JSON')
  }
}

export async function readMessage(request: Request): Promise<unknown> {
  return decode(await readBody(request))
}

/** The one message that the request of a server stream consists of. */
export async function readStreamMessage(request: Request): Promise<unknown> {
  const [envelope] = parseEnvelopes(createEnvelopeParser(maxMessageBytes), await readBody(request))
  if (envelope === undefined) throw new ConnectError('invalid_argument', 'the message is missing')
  return decode(envelope.payload)
}

/** The messages of a client stream as they come. */
export async function* readStreamMessages(request: Request): AsyncGenerator {
  const parser = createEnvelopeParser(maxMessageBytes)
  for await (const chunk of request.body ?? [])
    for (const envelope of parseEnvelopes(parser, chunk)) if (envelope.flags === 0) yield decode(envelope.payload)
}

function parseEnvelopes(parser: ReturnType<typeof createEnvelopeParser>, chunk: Uint8Array): readonly Envelope[] {
  try {
    return parser.push(chunk)
  } catch (error) {
    throw new ConnectError('invalid_argument', error instanceof Error ? error.message : 'malformed stream')
  }
}

export function unaryError(error: unknown): Response {
  const known = toConnectError(error)
  return Response.json(connectErrorBody(known), { status: connectStatus[known.code] })
}

/** The response of a stream that failed before its first message. */
export function streamError(error: unknown): Response {
  return new Response(encodeEndOfStream(toConnectError(error)), { headers: { 'content-type': streamContentType } })
}

/** A plain HTTP error, as `/files` and the token check give it. */
export function httpError(status: number, message: string, errno?: string): Response {
  return Response.json({ code: status, message, ...(errno === undefined ? {} : { caisson: { errno } }) }, { status })
}

interface MessageBatch<Message> {
  readonly messages: readonly Message[]
  readonly done?: boolean
  readonly error?: ConnectError
}

/** Where a stream's messages come from. Nothing is asked for before the last bytes have gone out. */
export interface MessageSource<Message = unknown> {
  /** Said when there is nothing else to say. */
  readonly ping: unknown
  /** The next messages, at least one, or `done` with the error that ended it. Resolves when there is something to say. */
  readonly next: () => Promise<MessageBatch<Message>>
  /** The client has gone, or all is said. */
  readonly dispose: () => void
}

/**
 * A server stream, or a plain answer when its first batch is all. `Keepalive-Ping-Interval` (seconds) asks for a sign of life when there is nothing else to say.
 */
export async function streamResponse(request: Request, source: MessageSource): Promise<Response> {
  const pingSeconds = Number(request.headers.get('keepalive-ping-interval') ?? '0')
  const headers = { 'content-type': streamContentType }
  const first = source.next()
  if ((await first).done === true) {
    source.dispose()
    return new Response(concatBytes([...encodeBatch(await first)]), { headers })
  }
  let pending: ReturnType<MessageSource['next']> | undefined = first
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        pending ??= source.next()
        const batch = pingSeconds > 0 ? await orPing(pending, pingSeconds) : await pending
        if (batch === 'ping') {
          controller.enqueue(encodeMessage(source.ping))
          return
        }
        pending = undefined
        for (const bytes of encodeBatch(batch)) controller.enqueue(bytes)
        if (batch.done !== true) return
        source.dispose()
        controller.close()
      },
      cancel: source.dispose,
    },
    { highWaterMark: 0 },
  )
  if (request.signal.aborted) source.dispose()
  return new Response(body, { headers })
}

function* encodeBatch({ messages, done, error }: MessageBatch<unknown>): Generator<Uint8Array<ArrayBuffer>> {
  for (const message of messages) yield encodeMessage(message)
  if (done === true) yield encodeEndOfStream(error)
}

/** The batch, or `ping` when it does not come in time. The timer goes with the wait: one that stayed would hold the batch as long as it runs. */
async function orPing<Batch>(pending: Promise<Batch>, seconds: number): Promise<Batch | 'ping'> {
  const { promise, resolve } = Promise.withResolvers<'ping'>()
  const timer = setTimeout(() => resolve('ping'), seconds * 1000)
  try {
    return await Promise.race([pending, promise])
  } finally {
    clearTimeout(timer)
  }
}
