import type { IncomingMessage } from 'node:http'
import { type CallOptions, encodeText, SandboxError } from '@caisson/core'
import {
  createEnvelopeParser,
  decodeJson,
  encodeEnvelope,
  endOfStreamSchema,
  endStreamFlag,
  type Envelope,
  streamContentType,
  WireFormatError,
} from '@caisson/wire-e2b'
import type { z } from 'zod'
import { bodyPieces } from './body-pieces.ts'
import { createCallScope } from './call-scope.ts'
import type { CallTarget, DaemonCalls } from './daemon-calls.ts'
import { limits } from './limits.ts'
import { mapFailure } from './map-error.ts'

/** The messages of a server stream, each checked. Nothing is read ahead of the reader. */
export interface MessageStream<Message> {
  /** The next message; `undefined` at the proper end. A broken connection rejects with `unavailable` or what `explain` makes of it. */
  readonly next: () => Promise<Message | undefined>
  readonly close: () => void
}

/** Starts a server stream. The options bound its first message; from then on only `close` and silence end it early. */
export async function openMessageStream<Schema extends z.ZodType>(
  calls: DaemonCalls,
  { path, message, schema }: { readonly path: string; readonly message: object; readonly schema: Schema },
  { user, subject, ...options }: CallOptions & CallTarget,
): Promise<{ readonly first: z.output<Schema>; readonly stream: MessageStream<z.output<Schema>> }> {
  const closing = new AbortController()
  const { signal } = options
  using opening = createCallScope(calls.adapter, options, limits.callMs)
  const giveUp = () => closing.abort(opening.signal.reason)
  opening.signal.addEventListener('abort', giveUp, { once: true })
  if (opening.signal.aborted) giveUp()
  const body = encodeEnvelope(encodeText(JSON.stringify(message)))
  const response = await calls.http(
    {
      method: 'POST',
      path,
      headers: {
        'content-type': streamContentType,
        'content-length': String(body.byteLength),
        'keepalive-ping-interval': String(limits.keepaliveSeconds),
      },
      send: (request) => void request.end(body),
    },
    { user, subject },
    closing,
  )
  const stream = readMessages(calls, response, { schema, subject, closing })
  try {
    const first = await stream.next()
    if (first === undefined) throw new SandboxError('protocol', calls.adapter, `${path} ended before it began`)
    if (signal?.aborted === true)
      throw new SandboxError('cancelled', calls.adapter, 'the call was given up by its caller')
    return { first, stream }
  } catch (error) {
    stream.close()
    throw error
  } finally {
    opening.signal.removeEventListener('abort', giveUp)
  }
}

interface Reading<Schema> extends Pick<CallTarget, 'subject'> {
  readonly schema: Schema
  readonly closing: AbortController
}

function readMessages<Schema extends z.ZodType>(
  calls: DaemonCalls,
  response: IncomingMessage,
  { schema, subject, closing }: Reading<Schema>,
): MessageStream<z.output<Schema>> {
  const parser = createEnvelopeParser(limits.messageBytes)
  const nextPiece = bodyPieces(response)
  const waiting: Envelope[] = []

  async function nextEnvelope(): Promise<Envelope> {
    for (;;) {
      const envelope = waiting.shift()
      if (envelope !== undefined) return envelope
      const silence = setTimeout(
        () => closing.abort(new SandboxError('unavailable', calls.adapter, 'the daemon fell silent')),
        limits.silenceMs,
      ).unref()
      try {
        const piece = await nextPiece()
        if (piece === undefined) throw new Error('the stream broke off before its end')
        waiting.push(...parser.push(piece))
      } finally {
        clearTimeout(silence)
      }
    }
  }

  return {
    next: async () => {
      try {
        const envelope = await nextEnvelope()
        const value = decodeJson(envelope.payload)
        if (envelope.flags === endStreamFlag) {
          const { error } = parse(endOfStreamSchema, value)
          // Read to the end, so that the connection goes back to be used again.
          response.resume()
          if (error === undefined) return undefined
          throw mapFailure({ ...error, errno: error.caisson?.errno }, calls.adapter, subject)
        }
        return parse(schema, value)
      } catch (error) {
        response.destroy()
        throw await calls.explain(closing.signal.aborted ? closing.signal.reason : error)
      }
    },
    close: () => {
      closing.abort(new SandboxError('cancelled', calls.adapter, 'the stream was closed'))
      response.destroy()
    },
  }
}

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new WireFormatError('a message of a stream is not what it should be', { cause: parsed.error })
}
