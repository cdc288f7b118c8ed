import type { Level, ObservationType } from './vocabulary.ts'

/** Facts about a span. Keys are plain words; values are whatever JSON can hold. */
export type Metadata = Readonly<Record<string, unknown>>

export interface SpanStart {
  /** One of `spanNames`, or another stable name of low cardinality. */
  readonly name: string
  readonly type: ObservationType
  readonly input?: unknown
  readonly metadata?: Metadata | undefined
  /** Milliseconds since the epoch. Default: now. */
  readonly startedAtMs?: number | undefined
  /** Names the span for all sinks: 16 hex digits. Default: random. */
  readonly id?: string | undefined
}

/** Starts a trace, or continues the trace of a caller. */
export interface RootSpanStart extends SpanStart {
  /** W3C `traceparent` of the caller. A malformed one is ignored. */
  readonly traceparent?: string | undefined
  /** Names the trace for all sinks: 32 hex digits. Default: the caller's, else random. */
  readonly traceId?: string | undefined
  readonly sessionId?: string | undefined
  readonly userId?: string | undefined
  readonly tags?: readonly string[] | undefined
  /** Whose trace it is. */
  readonly organization?: string | undefined
}

export interface SpanEvent {
  /** One of `eventNames`, or another stable name of low cardinality. */
  readonly name: string
  readonly level?: Level | undefined
  readonly input?: unknown
  readonly metadata?: Metadata | undefined
  readonly atMs?: number | undefined
}

export interface SpanEnd {
  readonly output?: unknown
  /** Added to the metadata of the start; wins over it. */
  readonly metadata?: Metadata | undefined
  readonly level?: Level | undefined
  /** What went wrong, in one sentence. */
  readonly statusMessage?: string | undefined
  readonly endedAtMs?: number | undefined
  /** What was used up, as whole numbers: `leased_ms`, `output_bytes`. */
  readonly usage?: Readonly<Record<string, number>> | undefined
  /** What it cost. Told by one span of a trace alone, because backends add up. */
  readonly costUsd?: number | undefined
}

/** A judgement of a span: text is a category, a number a measure. */
export interface Score {
  /** One of `scoreNames`, or another stable name of low cardinality. */
  readonly name: string
  readonly value: string | number | boolean
  readonly comment?: string | undefined
}

/** A step that is under way. A span that is never ended may never reach the backend. */
export interface Span {
  /** 32 hex digits. */
  readonly traceId: string
  /** 16 hex digits. */
  readonly id: string
  readonly startSpan: (start: SpanStart) => Span
  readonly event: (event: SpanEvent) => void
  /** Before `end`. */
  readonly score: (score: Score) => void
  /** Only the first call counts. */
  readonly end: (end?: SpanEnd) => void
}

/**
 * Where traces go. No call throws, blocks, or waits for a backend; what cannot be delivered is counted and given up. Everything
 * handed over is redacted before it reaches a backend's code.
 */
export interface TraceSink {
  readonly startSpan: (start: RootSpanStart) => Span
  /** Resolves when all that ended so far was delivered or given up, and after a few seconds in any case. */
  readonly flush: () => Promise<void>
  /** Flushes and lets go of files and connections. Spans that come later are dropped. Idempotent. */
  readonly close: () => Promise<void>
  /** How many spans, events and scores each backend lost so far: for want of room, or because it did not take them. By the backend's name. */
  readonly dropped: () => Readonly<Record<string, number>>
}
