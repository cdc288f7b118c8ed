export { createSampleAdapter, type SampleAdapterOptions } from './adapter.ts'
export { type SampleService } from './service.ts'
