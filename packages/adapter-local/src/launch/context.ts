import type { Machine } from '../machine/machine.ts'
import type { ociConfig } from '../oci/config.ts'
import type { Store } from '../record/store.ts'
import type { Tier } from '../tier.ts'

/** What every step that makes or ends a sandbox needs. */
export interface Context {
  readonly tier: Tier
  readonly machine: Machine
  readonly store: Store
  /** Tells the control groups of this state directory from those of others. */
  readonly instance: string
  /** How a sandbox is isolated. Tests weaken one thing at a time, to see that it matters. */
  readonly configure: typeof ociConfig
}
