export { createOtlpSink, type OtlpOptions } from './otlp-sink.ts'
