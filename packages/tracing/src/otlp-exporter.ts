import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import { boundedSender } from './bounded-sender.ts'
import type { DeliveryLimits } from './delivery-options.ts'
import type { ErrorListener } from './error-listener.ts'
import { post } from './post.ts'
import type { Redactor } from './redact.ts'

export interface OtlpDelivery extends DeliveryLimits {
  /** Where `ExportTraceServiceRequest`s go. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Last look at what an SDK made of what it was given. */
  readonly redact: Redactor
  readonly onError: ErrorListener
}

export interface OtlpExporter extends SpanExporter {
  readonly flush: () => Promise<void>
  readonly abandon: () => void
  readonly dropped: () => number
}

const batchSize = 256

/**
 * Delivers over OTLP/HTTP as JSON. Says what the exporter of OpenTelemetry would keep to its diagnostic log, a part that was refused
 * included, and takes no header from the environment: one that is meant for another collector must not go to this one.
 */
export function otlpExporter(delivery: OtlpDelivery): OtlpExporter {
  const { url, headers, timeoutMs, flushIntervalMs, maxQueued, redact, onError } = delivery
  const sender = boundedSender<ReadableSpan>({
    maxQueued,
    batchSize,
    intervalMs: flushIntervalMs,
    onError,
    send: async (spans, signal) => {
      const body = JsonTraceSerializer.serializeRequest(spans.map((span) => redactSpan(span, redact)))
      if (body === undefined) throw new Error(`${spans.length} spans could not be written as OTLP`)
      const answer = await post({ url, headers, body: Buffer.from(body), timeoutMs, signal }).catch(
        (cause: unknown) => {
          throw new Error(`${new URL(url).host} did not take ${spans.length} spans`, { cause })
        },
      )
      const refused = refusedSpans(answer)
      if (refused.count > 0)
        onError(new Error(`${refused.count} of ${spans.length} spans were refused: ${refused.why}`))
      return Math.min(refused.count, spans.length)
    },
  })
  return {
    export: (spans: ReadableSpan[], done: (result: ExportResult) => void) => {
      for (const span of spans) sender.add(span)
      done({ code: ExportResultCode.SUCCESS })
    },
    forceFlush: sender.flush,
    shutdown: sender.flush,
    flush: sender.flush,
    abandon: sender.abandon,
    dropped: sender.dropped,
  }
}

function redactSpan(span: ReadableSpan, redact: Redactor): ReadableSpan {
  const { attributes, name, status, events } = span
  return Object.create(span, {
    name: { value: redact(name) },
    status: { value: redact(status) },
    events: { value: redact(events) },
    attributes: { value: redact(attributes) },
  })
}

/** `partialSuccess` of the answer, if it is one. */
function refusedSpans(answer: unknown): { readonly count: number; readonly why: string } {
  const partial = memberOf(answer, 'partialSuccess')
  const count = Number(memberOf(partial, 'rejectedSpans') ?? 0)
  return { count: Number.isSafeInteger(count) && count > 0 ? count : 0, why: String(memberOf(partial, 'errorMessage')) }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
}
