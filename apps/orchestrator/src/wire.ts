import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import type { SandboxAdapter } from '@caisson/core'
import { combineSinks, createJsonLinesSink, createLangfuseSink, type TraceSink } from '@caisson/tracing'
import type { Config } from './config.ts'

/** The adapters of the service. The only place that names any. */
export function wireAdapters(config: Config): readonly SandboxAdapter[] {
  return [createLocalAdapter({ stateDirectory: join(config.stateDirectory, 'local') })]
}

/** Where traces go. */
export function wireSink(config: Config, onError: (error: unknown) => void): TraceSink {
  return combineSinks([
    ...(config.traceFile ? [createJsonLinesSink(join(config.stateDirectory, 'traces.jsonl'), { onError })] : []),
    ...(config.langfuse === undefined ? [] : [createLangfuseSink({ ...config.langfuse, onError })]),
  ])
}
