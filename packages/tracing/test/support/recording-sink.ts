import type { RootSpanStart, Score, Span, SpanEnd, SpanEvent, SpanStart, TraceSink } from '../../src/index.ts'

export interface Recording {
  readonly sink: TraceSink
  readonly starts: (SpanStart | RootSpanStart)[]
  readonly events: SpanEvent[]
  readonly scores: Score[]
  readonly ends: (SpanEnd | undefined)[]
}

/** Keeps all that reaches it. */
export function recordingSink(): Recording {
  const recording: Omit<Recording, 'sink'> = { starts: [], events: [], scores: [], ends: [] }
  const startSpan = (start: SpanStart): Span => {
    recording.starts.push(start)
    return {
      traceId: '0'.repeat(31) + '1',
      id: '0'.repeat(15) + String(recording.starts.length),
      startSpan,
      event: (event) => void recording.events.push(event),
      score: (score) => void recording.scores.push(score),
      end: (end) => void recording.ends.push(end),
    }
  }
  const sink = { startSpan, flush: async () => undefined, close: async () => undefined, dropped: () => ({}) }
  return { ...recording, sink }
}
