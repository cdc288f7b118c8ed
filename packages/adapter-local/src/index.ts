export { createLocalAdapter, type LocalAdapterOptions } from './create-local-adapter.ts'
export { type EgressEvent } from '@caisson/adapter-kit'
