import type { Score, Span, SpanEnd, SpanStart, TraceSink } from '@caisson/tracing'

interface Recorded {
  readonly start: SpanStart
  readonly parent: string | undefined
  end?: SpanEnd | undefined
}

/** Keeps all that is told. */
export function recordingSink() {
  const spans: Recorded[] = []
  const scores: Score[] = []
  const open = (start: SpanStart, parent: string | undefined): Span => {
    const recorded: Recorded = { start, parent }
    spans.push(recorded)
    return {
      traceId: '0'.repeat(32),
      id: '0'.repeat(16),
      startSpan: (child) => open(child, start.name),
      event: (event) => void spans.push({ start: { name: event.name, type: 'span' }, parent: start.name }),
      score: (score) => void scores.push(score),
      end: (end) => void (recorded.end ??= end ?? {}),
    }
  }
  const sink: TraceSink = {
    startSpan: (start) => open(start, undefined),
    flush: async () => undefined,
    close: async () => undefined,
    dropped: () => ({}),
  }
  return { sink, spans, scores }
}
