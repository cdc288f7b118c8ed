import { chooseSpanId, chooseTraceId } from './trace-context.ts'
import type { Span, TraceSink } from './trace-sink.ts'

/** Hands everything to each of the sinks, under the same ids. */
export function combineSinks(sinks: readonly TraceSink[]): TraceSink {
  return {
    startSpan: (start) => {
      const ids = { traceId: chooseTraceId(start), id: chooseSpanId(start) }
      return combineSpans(
        ids,
        sinks.map((sink) => sink.startSpan({ ...start, ...ids })),
      )
    },
    flush: async () => void (await Promise.all(sinks.map(async (sink) => await sink.flush()))),
    close: async () => void (await Promise.all(sinks.map(async (sink) => await sink.close()))),
    dropped: () => Object.assign({}, ...sinks.map((sink) => sink.dropped())),
  }
}

function combineSpans(ids: { readonly traceId: string; readonly id: string }, spans: readonly Span[]): Span {
  return {
    ...ids,
    startSpan: (start) => {
      const id = chooseSpanId(start)
      return combineSpans(
        { traceId: ids.traceId, id },
        spans.map((span) => span.startSpan({ ...start, id })),
      )
    },
    event: (event) => {
      for (const span of spans) span.event(event)
    },
    score: (score) => {
      for (const span of spans) span.score(score)
    },
    end: (end) => {
      for (const span of spans) span.end(end)
    },
  }
}
