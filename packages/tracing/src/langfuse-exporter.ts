import { type ExportResult, ExportResultCode } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { ErrorListener } from './error-listener.ts'

interface Options {
  readonly publicKey: string
  readonly secretKey: string
  readonly baseUrl: string
  readonly timeoutMs: number
  readonly onError: ErrorListener
}

/** Delivers over OTLP as JSON, and says when it could not: the SDK itself would keep that to its diagnostic log. */
export function langfuseExporter({ publicKey, secretKey, baseUrl, timeoutMs, onError }: Options): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url: `${baseUrl.replace(/\/+$/, '')}/api/public/otel/v1/traces`,
    headers: {
      Authorization: `Basic ${Buffer.from(`${publicKey}:${secretKey}`).toString('base64')}`,
      // Without it the server takes a slow path of several minutes.
      'x-langfuse-ingestion-version': '4',
    },
    timeoutMillis: timeoutMs,
  })
  return {
    export: (spans: ReadableSpan[], done: (result: ExportResult) => void) => {
      exporter.export(spans, (result) => {
        if (result.code === ExportResultCode.FAILED) {
          onError(new Error(`Langfuse did not take ${spans.length} spans`, { cause: result.error }))
        }
        done(result)
      })
    },
    forceFlush: async () => {
      await exporter.forceFlush()
    },
    shutdown: async () => {
      await exporter.shutdown()
    },
  }
}
