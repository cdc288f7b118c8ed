import { Langfuse } from 'langfuse'
import { harmless, type ErrorListener } from './error-listener.ts'
import { recordSink, type SpanRecord } from './record-sink.ts'
import type { RedactionOptions } from './redact.ts'
import { redactingSink } from './redacting-sink.ts'
import type { TraceSink } from './trace-sink.ts'
import type { Level } from './vocabulary.ts'

export interface LangfuseLegacyOptions {
  readonly publicKey: string
  readonly secretKey: string
  readonly baseUrl: string
  readonly environment?: string | undefined
  readonly release?: string | undefined
  readonly redaction?: RedactionOptions | undefined
  /** Told when a batch, or a single event in it, was refused. Give one: this protocol fails silently otherwise. */
  readonly onError?: ErrorListener | undefined
  /** How many events make a batch. Default: 15. */
  readonly flushAt?: number | undefined
}

/**
 * Sends to a self-hosted Langfuse v3 over its old ingestion protocol. Types of observations that it does not know stand in the
 * metadata as `type`.
 */
export function createLangfuseLegacySink(options: LangfuseLegacyOptions): TraceSink {
  const { publicKey, secretKey, baseUrl, environment, release, flushAt = 15 } = options
  const onError = harmless(options.onError)
  const client = new Langfuse({
    publicKey,
    secretKey,
    baseUrl,
    flushAt,
    fetchRetryCount: 1,
    fetchRetryDelay: 200,
    requestTimeout: 5000,
    ...(environment === undefined ? {} : { environment }),
    ...(release === undefined ? {} : { release }),
  })
  // The client emits a refused batch as a warning and an event that it cannot send as an error.
  client.on('warning', onError)
  client.on('error', onError)

  const sink = recordSink<SpanRecord>(
    {
      start: (record, parent) => {
        const { id, traceId, parentId, name, type, input, metadata, startedAtMs } = record
        if (parent === undefined) client.trace(traceOf(record))
        client.span({
          id,
          traceId,
          name,
          input,
          metadata: { ...metadata, type },
          startTime: new Date(startedAtMs),
          ...(parentId === undefined ? {} : { parentObservationId: parentId }),
        })
        return record
      },
      event: ({ id, traceId }, { name, level, input, metadata, atMs }) => {
        const facts = { name, input, metadata: { ...metadata }, level: toLevel(level), startTime: new Date(atMs) }
        client.event({ traceId, parentObservationId: id, ...facts })
      },
      end: ({ id, traceId, type, metadata: before }, { output, metadata, level, statusMessage, endedAtMs }) => {
        client._updateSpan({
          id,
          traceId,
          output,
          metadata: { ...before, ...metadata, type },
          level: toLevel(level),
          endTime: new Date(endedAtMs),
          ...(statusMessage === undefined ? {} : { statusMessage }),
        })
      },
      flush: async () => {
        await client.flushAsync()
      },
      close: async () => {
        await client.shutdownAsync()
      },
    },
    onError,
  )
  return redactingSink(sink, options.redaction)
}

function traceOf({ traceId, name, input, startedAtMs, sessionId, userId, tags }: SpanRecord) {
  return {
    id: traceId,
    name,
    input,
    timestamp: new Date(startedAtMs),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(userId === undefined ? {} : { userId }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
  }
}

function toLevel(level: Level = 'default') {
  return ({ debug: 'DEBUG', default: 'DEFAULT', warning: 'WARNING', error: 'ERROR' } as const)[level]
}
