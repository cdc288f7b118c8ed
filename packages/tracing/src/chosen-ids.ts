import type { IdGenerator } from '@opentelemetry/sdk-trace-base'
import { chooseSpanId, chooseTraceId } from './trace-context.ts'

export interface ChosenIds {
  readonly generator: IdGenerator
  /** Names the span that is started next. Spans start synchronously, so nothing comes in between. */
  readonly choose: (ids: { readonly traceId: string; readonly id: string }) => void
  readonly fresh: () => string
}

/** Lets all sinks know a span by the same ids, although OpenTelemetry wants to draw them itself. */
export function chosenIds(): ChosenIds {
  let next: { readonly traceId: string; readonly id: string } | undefined
  return {
    choose: (ids) => {
      next = ids
    },
    fresh: () => chooseSpanId({}),
    generator: {
      generateTraceId: () => next?.traceId ?? chooseTraceId({}),
      generateSpanId: () => next?.id ?? chooseSpanId({}),
    },
  }
}
