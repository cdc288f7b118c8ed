export { type IngestionEvent } from './testing/ingestion-schema.ts'
export { type ReceivedSpan } from './testing/otlp-schema.ts'
export { startTraceReceiver, type TraceReceiver, type TraceReceiverOptions } from './testing/trace-receiver.ts'
