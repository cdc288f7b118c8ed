import type { AdapterCapabilities } from '@caisson/core'
import type { Cloud } from './cloud.ts'

/** What everything in one adapter shares. */
export interface Context {
  readonly name: string
  readonly namespace: string
  readonly cloud: Cloud
  readonly capabilities: AdapterCapabilities
  /** Template of E2B by the name that specs use. */
  readonly templates: Readonly<Record<string, string>>
  readonly publicPorts: boolean
}
