export { combineSinks } from './combine-sinks.ts'
export type { ErrorListener } from './error-listener.ts'
export { createJsonLinesSink, type JsonLinesOptions } from './json-lines-sink.ts'
export { createRedactor, redact, type RedactionOptions, type Redactor } from './redact.ts'
export { redactingSink } from './redacting-sink.ts'
export { silentSink } from './silent-sink.ts'
export { formatTraceparent, parseTraceparent, type TraceContext } from './trace-context.ts'
export type { Metadata, RootSpanStart, Score, Span, SpanEnd, SpanEvent, SpanStart, TraceSink } from './trace-sink.ts'
export {
  eventNames,
  type Level,
  levels,
  type ObservationType,
  observationTypes,
  scoreNames,
  spanNames,
} from './vocabulary.ts'
