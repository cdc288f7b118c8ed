import { type Attributes, ROOT_CONTEXT, type Span, trace, TraceFlags } from '@opentelemetry/api'
import { BasicTracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace-base'
import { chosenIds } from './chosen-ids.ts'
import type { SpanRecord } from './record-sink.ts'

export interface OtelTracer {
  readonly open: (
    span: Pick<SpanRecord, 'traceId' | 'id' | 'parentId' | 'name' | 'startedAtMs'>,
    attributes: Attributes,
  ) => Span
  readonly freshId: () => string
  readonly provider: BasicTracerProvider
}

/** A tracer with a provider of its own: nothing is registered globally, so it can stand beside any other tracing of the same process. */
export function otelTracer(processor: SpanProcessor, scope: string): OtelTracer {
  const ids = chosenIds()
  const provider = new BasicTracerProvider({ spanProcessors: [processor], idGenerator: ids.generator })
  const tracer = provider.getTracer(scope)
  return {
    provider,
    freshId: ids.fresh,
    open: ({ traceId, id, parentId, name, startedAtMs }, attributes) => {
      ids.choose({ traceId, id })
      const parent = { traceId, spanId: parentId ?? '', traceFlags: TraceFlags.SAMPLED, isRemote: false }
      const context = parentId === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
      return tracer.startSpan(name, { startTime: new Date(startedAtMs), attributes }, context)
    },
  }
}
