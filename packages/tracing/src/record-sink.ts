import { type ErrorListener, harmless } from './error-listener.ts'
import { chooseSpanId, chooseTraceId, parseTraceparent } from './trace-context.ts'
import { silentSpan } from './silent-sink.ts'
import type { RootSpanStart, Score, Span, SpanEnd, SpanEvent, SpanStart, TraceSink } from './trace-sink.ts'
import { withinMs } from './within-ms.ts'

/** The start of a span with all that was left open filled in. What a root says of its trace, all spans of the trace say. */
export interface SpanRecord extends RootSpanStart {
  readonly traceId: string
  readonly id: string
  readonly parentId?: string | undefined
  readonly startedAtMs: number
  /** Name of the root span. */
  readonly traceName: string
}

/** What differs between backends. `Handle` is what a backend needs to find a span again. Everything in here may throw. */
export interface Recorder<Handle> {
  readonly start: (record: SpanRecord, parent: Handle | undefined) => Handle
  readonly event: (handle: Handle, event: SpanEvent & { readonly atMs: number }) => void
  readonly score: (handle: Handle, score: Score & { readonly atMs: number }) => void
  readonly end: (handle: Handle, end: SpanEnd & { readonly endedAtMs: number }) => void
  readonly flush: () => Promise<void>
  readonly close: () => Promise<void>
  /** Gives up what `close` did not bring to an end in time. */
  readonly abandon?: () => void
  readonly dropped: () => Readonly<Record<string, number>>
}

const patienceMs = 5000

/** A sink over a recorder. It keeps the promise of `TraceSink`: nothing of a recorder's failures reaches the caller. */
export function recordSink<Handle>(recorder: Recorder<Handle>, listener?: ErrorListener): TraceSink {
  const onError = harmless(listener)
  let closing: Promise<void> | undefined

  const startSpan = (record: SpanRecord, parent: Handle | undefined): Span => {
    const handle =
      closing === undefined ? attempt(() => ({ value: recorder.start(record, parent) }), onError) : undefined
    if (handle === undefined) return silentSpan(record.traceId, record)
    let ended = false
    const { traceId, sessionId, userId, tags, organization, traceName } = record
    const inherited = { traceId, sessionId, userId, tags, organization, traceName, parentId: record.id }
    return {
      traceId,
      id: record.id,
      startSpan: (start: SpanStart) => startSpan({ ...filled(start), ...inherited }, handle.value),
      event: (event) => {
        attempt(() => recorder.event(handle.value, { ...event, atMs: event.atMs ?? Date.now() }), onError)
      },
      score: (score) => {
        attempt(() => recorder.score(handle.value, { ...score, atMs: Date.now() }), onError)
      },
      end: (end) => {
        if (ended) return
        ended = true
        attempt(() => recorder.end(handle.value, { ...end, endedAtMs: end?.endedAtMs ?? Date.now() }), onError)
      },
    }
  }

  const settle = async (work: () => Promise<void>): Promise<void> => {
    try {
      await withinMs(patienceMs, work())
    } catch (error) {
      onError(error)
    }
  }

  return {
    startSpan: (start) => {
      const traceId = chooseTraceId(start)
      const caller = parseTraceparent(start.traceparent)
      const parentId = caller?.traceId === traceId ? caller.spanId : undefined
      return startSpan({ ...filled(start), traceId, parentId, traceName: start.name }, undefined)
    },
    flush: async () => {
      await settle(recorder.flush)
    },
    close: async () => {
      await (closing ??= settle(recorder.close).finally(() => attempt(() => recorder.abandon?.(), onError)))
    },
    dropped: () => recorder.dropped(),
  }
}

function filled<Start extends SpanStart>(start: Start): Start & { readonly id: string; readonly startedAtMs: number } {
  return { ...start, id: chooseSpanId(start), startedAtMs: start.startedAtMs ?? Date.now() }
}

function attempt<Result>(work: () => Result, onError: ErrorListener): Result | undefined {
  try {
    return work()
  } catch (error) {
    onError(error)
    return undefined
  }
}
