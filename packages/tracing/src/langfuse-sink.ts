import { createObservationAttributes, type LangfuseObservationType } from '@langfuse/tracing'
import { LangfuseSpanProcessor } from '@langfuse/otel'
import {
  type Attributes,
  ROOT_CONTEXT,
  type Span as OtelSpan,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { harmless, type ErrorListener } from './error-listener.ts'
import { chosenIds } from './chosen-ids.ts'
import { langfuseExporter } from './langfuse-exporter.ts'
import { recordSink, type SpanRecord } from './record-sink.ts'
import type { RedactionOptions } from './redact.ts'
import { redactingSink } from './redacting-sink.ts'
import type { Metadata, TraceSink } from './trace-sink.ts'
import type { Level } from './vocabulary.ts'

export interface LangfuseOptions {
  readonly publicKey: string
  readonly secretKey: string
  /** Default: Langfuse Cloud. */
  readonly baseUrl?: string | undefined
  /** Lower-case letters, digits, "-" and "_"; at most 40; not beginning with "langfuse". */
  readonly environment?: string | undefined
  readonly release?: string | undefined
  readonly redaction?: RedactionOptions | undefined
  /** Told when spans could not be delivered. */
  readonly onError?: ErrorListener | undefined
  /** How long spans are gathered before they are sent. Default: 5000. */
  readonly flushIntervalMs?: number | undefined
  /** Limit for one delivery. Default: 5000. */
  readonly timeoutMs?: number | undefined
}

interface Handle {
  readonly span: OtelSpan
  readonly record: SpanRecord
}

/** The scope under which Langfuse takes attributes as they are, without copies in the metadata. */
const scope = 'langfuse-sdk'

/**
 * Sends to Langfuse Cloud, or to a Langfuse of one's own (v3 or newer), over OpenTelemetry. Has a tracer provider of its own and
 * registers nothing globally, so it can stand beside any other tracing of the same process.
 */
export function createLangfuseSink(options: LangfuseOptions): TraceSink {
  const { publicKey, secretKey, baseUrl = 'https://cloud.langfuse.com', environment, release } = options
  const { flushIntervalMs = 5000, timeoutMs = 5000 } = options
  const ids = chosenIds()
  const exporter = langfuseExporter({ publicKey, secretKey, baseUrl, timeoutMs, onError: harmless(options.onError) })
  const processor = new LangfuseSpanProcessor({
    publicKey,
    secretKey,
    baseUrl,
    exporter,
    // What a sandbox prints is no reason to upload anything.
    mediaUploadEnabled: false,
    flushInterval: flushIntervalMs / 1000,
    ...(environment === undefined ? {} : { environment }),
    ...(release === undefined ? {} : { release }),
  })
  const provider = new BasicTracerProvider({ spanProcessors: [processor], idGenerator: ids.generator })
  const tracer = provider.getTracer(scope)

  const open = (record: SpanRecord, type: LangfuseObservationType, attributes: Attributes): OtelSpan => {
    ids.choose(record)
    const { traceId, parentId, startedAtMs } = record
    const parent = { traceId, spanId: parentId ?? '', traceFlags: TraceFlags.SAMPLED, isRemote: false }
    const context = parentId === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
    const span = tracer.startSpan(record.name, { startTime: startedAtMs }, context)
    span.setAttributes(
      createObservationAttributes(type, { input: record.input, ...given('metadata', record.metadata) }),
    )
    span.setAttributes(attributes)
    return span
  }

  const sink = recordSink<Handle>(
    {
      start: (record, parent) => ({
        record,
        span: open(record, record.type, parent === undefined ? traceAttributes(record) : {}),
      }),
      event: ({ record }, { name, level, input, metadata, atMs }) => {
        const { traceId, id: parentId } = record
        const event = { name, input, metadata, traceId, parentId, startedAtMs: atMs, type: 'span' } as const
        open({ ...event, id: ids.fresh() }, 'event', levelAttributes('event', level)).end(atMs)
      },
      end: ({ span, record: { type } }, { output, metadata, level, statusMessage, endedAtMs }) => {
        span.setAttributes(createObservationAttributes(type, { output, ...given('metadata', metadata) }))
        span.setAttributes(levelAttributes(type, level, statusMessage))
        if (level === 'error') span.setStatus({ code: SpanStatusCode.ERROR, ...given('message', statusMessage) })
        span.end(endedAtMs)
      },
      // The exporter has told of whatever makes these reject.
      flush: async () => {
        await provider.forceFlush().catch(() => undefined)
      },
      close: async () => {
        await provider.shutdown().catch(() => undefined)
      },
    },
    options.onError,
  )
  return redactingSink(sink, options.redaction)
}

function traceAttributes({ sessionId, userId, tags }: SpanRecord): Attributes {
  return {
    ...given('session.id', sessionId),
    ...given('user.id', userId),
    ...(tags === undefined ? {} : { 'langfuse.trace.tags': [...tags] }),
  }
}

const langfuseLevels = { debug: 'DEBUG', default: 'DEFAULT', warning: 'WARNING', error: 'ERROR' } as const

function levelAttributes(type: LangfuseObservationType, level: Level = 'default', statusMessage?: string): Attributes {
  const attributes = { level: langfuseLevels[level], ...given('statusMessage', statusMessage) }
  const { 'langfuse.observation.type': _, ...rest } = createObservationAttributes(type, attributes)
  return rest
}

function given<Key extends string, Value extends string | Metadata>(
  key: Key,
  value: Value | undefined,
): { readonly [Name in Key]?: Value } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [Name in Key]: Value })
}
