import { join } from 'node:path'
import { OperationError } from '@caisson/core'
import { combineSinks, createJsonLinesSink, type RedactionOptions, type TraceSink } from '@caisson/tracing'
import type { Config } from './config.ts'

/** Where traces go. Backends are loaded late: they bring half of OpenTelemetry. */
export async function wireSink(config: Config, onError: (error: unknown) => void): Promise<TraceSink> {
  const redaction = { ...config.redaction, secrets: secretsOf(config) }
  const sinks: TraceSink[] = []
  if (config.traceFile) {
    sinks.push(createJsonLinesSink(join(config.stateDirectory, 'traces.jsonl'), { redaction, onError }))
  }
  if (config.langfuse !== undefined) sinks.push(await wireLangfuse(config.langfuse, { redaction, onError }))
  if (config.otlp !== undefined) {
    const { createOtlpSink } = await import('@caisson/tracing/otlp')
    sinks.push(createOtlpSink({ ...config.otlp, redaction, onError }))
  }
  return combineSinks(sinks)
}

async function wireLangfuse(
  { protocol, baseUrl, ...langfuse }: NonNullable<Config['langfuse']>,
  rest: { readonly redaction: RedactionOptions; readonly onError: (error: unknown) => void },
): Promise<TraceSink> {
  const { createLangfuseLegacySink, createLangfuseSink } = await import('@caisson/tracing/langfuse')
  if (protocol === 'otel') return createLangfuseSink({ ...langfuse, ...rest, baseUrl })
  if (baseUrl !== undefined) return createLangfuseLegacySink({ ...langfuse, ...rest, baseUrl })
  throw new OperationError('invalid-operation', "the protocol ingestion is for one's own Langfuse v3", {
    field: 'LANGFUSE_BASE_URL',
    remedy: 'say where it is, or leave CAISSON_LANGFUSE_PROTOCOL out',
  })
}

/** What the service itself keeps secret. */
function secretsOf({ databaseUrl, langfuse, otlp }: Config): readonly string[] {
  const password = databaseUrl === undefined ? '' : decodeURIComponent(new URL(databaseUrl).password)
  return [password, langfuse?.secretKey ?? '', ...Object.values(otlp?.headers ?? {})].filter((value) => value !== '')
}
