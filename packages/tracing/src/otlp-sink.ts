import { type Attributes, type Span as OtelSpan, SpanStatusCode } from '@opentelemetry/api'
import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { type DeliveryOptions, deliveryLimits } from './delivery-options.ts'
import { harmless } from './error-listener.ts'
import { otelTracer } from './otel-tracer.ts'
import { otlpExporter } from './otlp-exporter.ts'
import { recordSink, type SpanRecord } from './record-sink.ts'
import { createRedactor } from './redact.ts'
import { redactingSink } from './redacting-sink.ts'
import type { Metadata, TraceSink } from './trace-sink.ts'
import { spanNames } from './vocabulary.ts'

export interface OtlpOptions extends DeliveryOptions {
  /** Where traces are taken: `http://collector:4318/v1/traces`. */
  readonly url: string
  /** Sent with each delivery. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

interface Handle {
  readonly span: OtelSpan
  readonly record: SpanRecord
}

/**
 * Sends to any OpenTelemetry collector over OTLP/HTTP with JSON. Names follow the conventions for generative AI where there are some;
 * the rest is below `caisson.`.
 */
export function createOtlpSink(options: OtlpOptions): TraceSink {
  const { url, headers = {} } = options
  const exporter = otlpExporter({
    url,
    headers,
    ...deliveryLimits(options),
    redact: createRedactor(options.redaction),
    onError: harmless(options.onError),
  })
  const tracer = otelTracer(new SimpleSpanProcessor(exporter), 'caisson')
  const flush = async () => {
    await tracer.provider.forceFlush()
    await exporter.flush()
  }
  const sink = recordSink<Handle>(
    {
      start: (record) => ({ record, span: tracer.open(record, startAttributes(record)) }),
      event: ({ span }, { name, level, input, metadata, atMs }) => {
        const attributes = { ...(level === undefined ? {} : { 'caisson.level': level }), ...jsonOf('input', input) }
        span.addEvent(name, { ...attributes, ...metadataAttributes(metadata) }, new Date(atMs))
      },
      score: ({ span }, { name, value }) => span.setAttributes({ [`caisson.score.${name}`]: value }),
      end: ({ span }, { output, metadata, level, statusMessage, endedAtMs, usage = {}, costUsd }) => {
        span.setAttributes({
          ...jsonOf('output', output),
          ...metadataAttributes(metadata),
          ...Object.fromEntries(Object.entries(usage).map(([name, count]) => [`caisson.usage.${name}`, count])),
          ...(costUsd === undefined ? {} : { 'caisson.cost_usd': costUsd }),
          ...(level === undefined ? {} : { 'caisson.level': level }),
        })
        if (level === 'error') {
          span.setAttributes({ 'error.type': errorType(metadata) })
          span.setStatus({
            code: SpanStatusCode.ERROR,
            ...(statusMessage === undefined ? {} : { message: statusMessage }),
          })
        }
        span.end(new Date(endedAtMs))
      },
      flush,
      close: async () => {
        await flush()
        await tracer.provider.shutdown()
      },
      abandon: exporter.abandon,
      dropped: () => ({ otlp: exporter.dropped() }),
    },
    options.onError,
  )
  return redactingSink(sink, options.redaction)
}

function startAttributes(record: SpanRecord): Attributes {
  const { type, name, input, metadata, sessionId, userId, tags, organization } = record
  return {
    'caisson.type': type,
    ...genAiAttributes(type, name, metadata),
    ...jsonOf('input', input),
    ...metadataAttributes(metadata),
    ...(sessionId === undefined ? {} : { 'session.id': sessionId }),
    ...(userId === undefined ? {} : { 'user.id': userId }),
    ...(tags === undefined ? {} : { 'caisson.tags': [...tags] }),
    ...(organization === undefined ? {} : { 'caisson.organization': organization }),
  }
}

function genAiAttributes(type: SpanRecord['type'], name: string, metadata: Metadata = {}): Attributes {
  switch (type) {
    case 'agent':
      return {
        'gen_ai.operation.name': spanNames.agent,
        ...(typeof metadata['agentName'] === 'string' ? { 'gen_ai.agent.name': metadata['agentName'] } : {}),
      }
    case 'tool':
      return {
        'gen_ai.operation.name': spanNames.tool,
        'gen_ai.tool.name': name.replace(`${spanNames.tool} `, ''),
        'gen_ai.tool.type': 'function',
      }
    case 'guardrail':
    case 'span':
      return {}
  }
}

function metadataAttributes(metadata: Metadata = {}): Attributes {
  return Object.assign({}, ...Object.entries(metadata).map(([name, value]) => attributeOf(name, value)))
}

function attributeOf(name: string, value: unknown): Attributes {
  // Has a name of its own in the conventions.
  if (name === 'exitCode' && typeof value === 'number') return { 'process.exit.code': value }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return { [`caisson.${name}`]: value }
  }
  return jsonOf(name, value)
}

function jsonOf(name: string, value: unknown): Attributes {
  if (value === undefined) return {}
  return { [`caisson.${name}`]: typeof value === 'string' ? value : JSON.stringify(value) }
}

function errorType(metadata: Metadata = {}): string {
  const code = metadata['errorCode']
  return typeof code === 'string' ? code : '_OTHER'
}
