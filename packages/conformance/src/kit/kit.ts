import type { AdapterCapabilities, Sandbox, SandboxAdapter, SandboxSpec } from '@caisson/core'
import type { ConformanceTarget } from '../target.ts'
import type { HostCanaries } from './host-canaries.ts'

/** What a check works with. */
export interface Kit {
  readonly target: ConformanceTarget
  readonly adapter: SandboxAdapter
  readonly capabilities: AdapterCapabilities
  /** The second instance of the adapter, as another process would have it. */
  readonly other: () => Promise<SandboxAdapter>
  /** A further instance that the check may dispose. */
  readonly another: () => Promise<SandboxAdapter>
  /** A sandbox that checks share. A check leaves it as usable as it was, and its own files in a directory of its own. */
  readonly shared: () => Promise<Sandbox>
  /** A spec with the target's template. */
  readonly spec: (spec?: SandboxSpec) => SandboxSpec
  /** A sandbox of its own that ends with the check. */
  readonly fresh: (spec?: SandboxSpec) => Promise<Sandbox>
  /** Things on the host that no sandbox may see. */
  readonly host: HostCanaries
  /** Runs when the check is over, last one first. */
  readonly defer: (cleanUp: () => Promise<unknown> | void) => void
}

/** Proves one requirement: resolves when it holds and rejects with what was seen instead. */
export type Check = (kit: Kit) => Promise<void>

/** One check for each requirement of a group. */
export type Checks = Readonly<Record<string, Check>>
