import { chooseSpanId, chooseTraceId } from './trace-context.ts'
import type { Span, TraceSink } from './trace-sink.ts'

/** Goes nowhere. Its spans still have ids, so that callers can hand them on. */
export const silentSink: TraceSink = {
  startSpan: (start) => silentSpan(chooseTraceId(start), start),
  flush: async () => undefined,
  close: async () => undefined,
  dropped: () => ({}),
}

/** A span that goes nowhere. */
export function silentSpan(traceId: string, start: { readonly id?: string | undefined }): Span {
  return {
    traceId,
    id: chooseSpanId(start),
    startSpan: (child) => silentSpan(traceId, child),
    event: () => undefined,
    score: () => undefined,
    end: () => undefined,
  }
}
