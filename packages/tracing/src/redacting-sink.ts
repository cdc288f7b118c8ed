import { createRedactor, type RedactionOptions, type Redactor } from './redact.ts'
import { silentSpan } from './silent-sink.ts'
import { chooseSpanId, chooseTraceId } from './trace-context.ts'
import type { Metadata, RootSpanStart, Score, Span, SpanEnd, SpanEvent, SpanStart, TraceSink } from './trace-sink.ts'

/**
 * Redacts all that passes, so that no backend and no vendor's code ever sees a secret. What cannot be redacted is not handed on.
 * Every sink of this package is wrapped in it already; wrap it again to add secrets that only you know.
 */
export function redactingSink(sink: TraceSink, options: RedactionOptions = {}): TraceSink {
  const redact = createRedactor(options)
  return {
    startSpan: (start) => {
      const clean = orUndefined(() => redactRoot(start, redact))
      return clean === undefined
        ? silentSpan(chooseTraceId(start), { id: chooseSpanId(start) })
        : redactingSpan(sink.startSpan(clean), redact)
    },
    flush: sink.flush,
    close: sink.close,
    dropped: sink.dropped,
  }
}

function redactingSpan(span: Span, redact: Redactor): Span {
  return {
    traceId: span.traceId,
    id: span.id,
    startSpan: (start) => {
      const clean = orUndefined(() => redactStart(start, redact))
      return clean === undefined ? silentSpan(span.traceId, {}) : redactingSpan(span.startSpan(clean), redact)
    },
    event: (event) => {
      const clean = orUndefined(() => redactEvent(event, redact))
      if (clean !== undefined) span.event(clean)
    },
    score: (score) => {
      const clean = orUndefined(() => redactScore(score, redact))
      if (clean !== undefined) span.score(clean)
    },
    end: (end) => {
      span.end(orUndefined(() => (end === undefined ? undefined : redactEnd(end, redact))))
    },
  }
}

function redactStart({ name, type, input, metadata, startedAtMs, id }: SpanStart, redact: Redactor): SpanStart {
  return {
    name: String(redact(name)),
    type,
    startedAtMs,
    id,
    input: redact(input),
    metadata: asMetadata(redact(metadata)),
  }
}

function redactRoot(start: RootSpanStart, redact: Redactor): RootSpanStart {
  const { traceparent, traceId, sessionId, userId, tags, organization } = start
  return {
    ...redactStart(start, redact),
    traceparent,
    traceId,
    sessionId: asText(redact(sessionId)),
    userId: asText(redact(userId)),
    tags: tags?.map((tag) => String(redact(tag))),
    organization: asText(redact(organization)),
  }
}

function redactEvent({ name, level, input, metadata, atMs }: SpanEvent, redact: Redactor): SpanEvent {
  return { name: String(redact(name)), level, atMs, input: redact(input), metadata: asMetadata(redact(metadata)) }
}

function redactScore({ name, value, comment }: Score, redact: Redactor): Score {
  return {
    name: String(redact(name)),
    value: typeof value === 'string' ? String(redact(value)) : value,
    comment: asText(redact(comment)),
  }
}

function redactEnd(end: SpanEnd, redact: Redactor): SpanEnd {
  const { output, metadata, level, statusMessage, endedAtMs, usage, costUsd } = end
  return {
    level,
    endedAtMs,
    usage: usage === undefined ? undefined : countsOf(usage, redact),
    costUsd: costUsd !== undefined && Number.isFinite(costUsd) && costUsd >= 0 ? costUsd : undefined,
    output: redact(output),
    metadata: asMetadata(redact(metadata)),
    statusMessage: asText(redact(statusMessage)),
  }
}

/** Backends refuse the whole of what holds anything but whole numbers. */
function countsOf(usage: Readonly<Record<string, number>>, redact: Redactor): Record<string, number> {
  return Object.fromEntries(
    Object.entries(usage)
      .filter(([, count]) => Number.isFinite(count) && count >= 0)
      .map(([name, count]) => [String(redact(name)), Math.round(count)]),
  )
}

function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function asMetadata(value: unknown): Metadata | undefined {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : undefined
}

/** A value whose getters throw, say. */
function orUndefined<Result>(work: () => Result): Result | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
