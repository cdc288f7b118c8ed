import { createObservationAttributes, type LangfuseObservationType } from '@langfuse/tracing'
import { LangfuseSpanProcessor } from '@langfuse/otel'
import { type Attributes, type Span as OtelSpan, SpanStatusCode } from '@opentelemetry/api'
import { type DeliveryOptions, deliveryLimits } from './delivery-options.ts'
import { harmless } from './error-listener.ts'
import { langfuseLevel } from './langfuse-level.ts'
import { langfuseScores } from './langfuse-scores.ts'
import { otelTracer } from './otel-tracer.ts'
import { otlpExporter } from './otlp-exporter.ts'
import { recordSink, type SpanRecord } from './record-sink.ts'
import { createRedactor } from './redact.ts'
import { redactingSink } from './redacting-sink.ts'
import type { TraceSink } from './trace-sink.ts'
import type { Level } from './vocabulary.ts'

export interface LangfuseOptions extends DeliveryOptions {
  readonly publicKey: string
  readonly secretKey: string
  /** Default: Langfuse Cloud. */
  readonly baseUrl?: string | undefined
  /** Lower-case letters, digits, "-" and "_"; at most 40; not beginning with "langfuse". */
  readonly environment?: string | undefined
  readonly release?: string | undefined
}

interface Handle {
  readonly span: OtelSpan
  readonly record: SpanRecord
}

/** The scope under which Langfuse takes attributes as they are, without copies in the metadata. */
const scope = 'langfuse-sdk'

/** Sends to Langfuse Cloud, or to a Langfuse of one's own (v3 or newer), over OpenTelemetry; scores over its ingestion protocol. */
export function createLangfuseSink(options: LangfuseOptions): TraceSink {
  const { publicKey, secretKey, environment, release } = options
  const delivery = deliveryLimits(options)
  const baseUrl = (options.baseUrl ?? 'https://cloud.langfuse.com').replace(/\/+$/, '')
  const onError = harmless(options.onError)
  const authorization = `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString('base64')}`
  const exporter = otlpExporter({
    url: `${baseUrl}/api/public/otel/v1/traces`,
    // Without the version the server takes a slow path of several minutes.
    headers: { authorization, 'x-langfuse-ingestion-version': '4' },
    ...delivery,
    redact: createRedactor(options.redaction),
    onError,
  })
  const scores = langfuseScores({
    baseUrl,
    authorization,
    environment,
    delivery,
    onError,
  })
  const tracer = otelTracer(
    new LangfuseSpanProcessor({
      publicKey,
      secretKey,
      baseUrl,
      exporter,
      // The exporter has a queue whose losses are counted.
      exportMode: 'immediate',
      // What a sandbox prints is no reason to upload anything.
      mediaUploadEnabled: false,
      ...(environment === undefined ? {} : { environment }),
      ...(release === undefined ? {} : { release }),
    }),
    scope,
  )
  const flush = async () => {
    await tracer.provider.forceFlush()
    await Promise.all([exporter.flush(), scores.flush()])
  }

  const sink = recordSink<Handle>(
    {
      start: (record) => {
        const { type, input, metadata } = record
        const attributes = createObservationAttributes(type, { input, ...(metadata === undefined ? {} : { metadata }) })
        return { record, span: tracer.open(record, { ...attributes, ...traceAttributes(record) }) }
      },
      event: ({ record }, { name, level, input, metadata, atMs }) => {
        const event = { name, traceId: record.traceId, id: tracer.freshId(), parentId: record.id, startedAtMs: atMs }
        const facts = { input, ...(metadata === undefined ? {} : { metadata }) }
        const attributes = createObservationAttributes('event', { ...facts, level: langfuseLevel(level) })
        tracer.open(event, { ...attributes, ...traceAttributes(record) }).end(new Date(atMs))
      },
      score: ({ record: { traceId, id } }, score) => scores.add({ traceId, observationId: id, ...score }),
      end: ({ span, record: { type } }, { output, metadata, level, statusMessage, endedAtMs, usage, costUsd }) => {
        span.setAttributes(
          createObservationAttributes(type, {
            output,
            ...(metadata === undefined ? {} : { metadata }),
            ...(usage === undefined ? {} : { usageDetails: { ...usage } }),
            ...(costUsd === undefined ? {} : { costDetails: { total: costUsd } }),
          }),
        )
        span.setAttributes(levelAttributes(type, level, statusMessage))
        if (level === 'error') {
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
      abandon: () => {
        exporter.abandon()
        scores.abandon()
      },
      dropped: () => ({ langfuse: exporter.dropped() + scores.dropped() }),
    },
    options.onError,
  )
  return redactingSink(sink, options.redaction)
}

/** All spans say them: the server keeps some of them by span. */
function traceAttributes({ traceName, sessionId, userId, tags, organization }: SpanRecord): Attributes {
  return {
    'langfuse.trace.name': traceName,
    ...(sessionId === undefined ? {} : { 'session.id': sessionId }),
    ...(userId === undefined ? {} : { 'user.id': userId }),
    ...(tags === undefined ? {} : { 'langfuse.trace.tags': [...tags] }),
    ...(organization === undefined ? {} : { 'langfuse.trace.metadata.organization': organization }),
  }
}

function levelAttributes(type: LangfuseObservationType, level: Level | undefined, statusMessage?: string): Attributes {
  const { 'langfuse.observation.type': _, ...rest } = createObservationAttributes(type, {
    level: langfuseLevel(level),
    ...(statusMessage === undefined ? {} : { statusMessage }),
  })
  return rest
}
