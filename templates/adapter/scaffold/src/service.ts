import type { SandboxAdapter } from '@caisson/core'

/** What is used of the provider. */
export type SampleService = Pick<SandboxAdapter, 'create' | 'connect' | 'list' | 'destroy' | 'probe'>
