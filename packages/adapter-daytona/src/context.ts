import type { AdapterCapabilities } from '@caisson/core'
import type { ExpiryTimers } from '@caisson/adapter-kit'
import type { Cloud } from './cloud.ts'
import type { DaytonaTemplate } from './options.ts'

/** What everything in one adapter shares. */
export interface Context {
  readonly name: string
  readonly namespace: string
  readonly cloud: Cloud
  readonly capabilities: AdapterCapabilities
  readonly templates: Readonly<Record<string, DaytonaTemplate>>
  readonly wholeSizes: boolean
  readonly timers: ExpiryTimers
}
