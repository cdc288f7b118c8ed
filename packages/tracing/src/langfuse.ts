export { createLangfuseLegacySink, type LangfuseLegacyOptions } from './langfuse-legacy-sink.ts'
export { createLangfuseSink, type LangfuseOptions } from './langfuse-sink.ts'
