import { Langfuse } from 'langfuse'
import { harmless, type ErrorListener } from './error-listener.ts'
import { langfuseLevel } from './langfuse-level.ts'
import { typedValue } from './langfuse-scores.ts'
import { recordSink, type SpanRecord } from './record-sink.ts'
import type { RedactionOptions } from './redact.ts'
import { redactingSink } from './redacting-sink.ts'
import type { TraceSink } from './trace-sink.ts'

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
  /** How many events may wait or be under way; what comes beyond is dropped and counted. Default: 4096. */
  readonly maxQueued?: number | undefined
}

/**
 * Sends to a self-hosted Langfuse v3 over its old ingestion protocol. Types of observations that it does not know stand in the
 * metadata as `type`.
 */
export function createLangfuseLegacySink(options: LangfuseLegacyOptions): TraceSink {
  const { publicKey, secretKey, baseUrl, environment, release, flushAt = 15, maxQueued = 4096 } = options
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
  const room = boundedRoom(client, maxQueued)

  const sink = recordSink<SpanRecord>(
    {
      start: (record, parent) => {
        const { id, traceId, parentId, name, type, input, metadata, startedAtMs } = record
        if (parent === undefined && room.take()) client.trace(traceOf(record))
        if (!room.take()) return record
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
        if (!room.take()) return
        const facts = { name, input, metadata: { ...metadata }, level: langfuseLevel(level), startTime: new Date(atMs) }
        client.event({ traceId, parentObservationId: id, ...facts })
      },
      score: ({ id, traceId }, { name, value, comment }) => {
        if (!room.take()) return
        const facts = { name, ...typedValue(value), ...(comment === undefined ? {} : { comment }) }
        client.score({ traceId, observationId: id, ...facts })
      },
      end: (
        { id, traceId, type, metadata: before },
        { output, metadata, level, statusMessage, endedAtMs, usage, costUsd },
      ) => {
        if (!room.take()) return
        client._updateSpan({
          id,
          traceId,
          output,
          metadata: { ...before, ...metadata, usage, costUsd, type },
          level: langfuseLevel(level),
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
      dropped: () => ({ 'langfuse-legacy': room.dropped() }),
    },
    onError,
  )
  return redactingSink(sink, options.redaction)
}

function traceOf({ traceId, name, input, startedAtMs, sessionId, userId, tags, organization }: SpanRecord) {
  return {
    id: traceId,
    name,
    input,
    timestamp: new Date(startedAtMs),
    ...(organization === undefined ? {} : { metadata: { organization } }),
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(userId === undefined ? {} : { userId }),
    ...(tags === undefined ? {} : { tags: [...tags] }),
  }
}

/** The client itself sends without bound: each batch at once, however many are under way. */
function boundedRoom(client: Langfuse, most: number) {
  let taken = 0
  let dropped = 0
  let failed = false
  // Right before `flush`, when the batch was refused.
  client.on('warning', () => {
    failed = true
  })
  client.on('flush', (items: unknown) => {
    const count = Array.isArray(items) ? items.length : 0
    taken -= count
    if (failed) dropped += count
    failed = false
  })
  return {
    /** Whether there is room for one more event, which is then taken. */
    take: () => {
      const hasRoom = taken < most
      if (hasRoom) taken += 1
      else dropped += 1
      return hasRoom
    },
    dropped: () => dropped,
  }
}
