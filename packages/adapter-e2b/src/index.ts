export { createE2bAdapter } from './create-e2b-adapter.ts'
export { type E2bAdapterOptions } from './options.ts'
