import { freeOfCharge } from '@caisson/adapter-kit'
import {
  type AdapterCapabilities,
  type Feature,
  type IsolationLevel,
  type LimitKind,
  hourMs,
  type Price,
} from '@caisson/core'

export interface Declared {
  readonly isolation: IsolationLevel
  readonly limits: readonly LimitKind[] | undefined
  readonly templates: readonly string[]
  readonly maxTtlMs: number | undefined
  readonly locality: AdapterCapabilities['locality']
  readonly price: Price | undefined
  /** Whether headers can be kept where nobody reads them. */
  readonly sealed: boolean
}

export function capabilities(declared: Declared): AdapterCapabilities {
  const { isolation, limits, templates, maxTtlMs, locality, price } = declared
  // gVisor keeps what is written to itself, and ends as a whole when it has used up its memory.
  const gvisor = isolation === 'gvisor'
  const snapshots: readonly Feature[] = gvisor ? [] : ['snapshot']
  const held = limits ?? (gvisor ? ['cpus'] : ['cpus', 'memory', 'pids'])
  // What makes a sandbox stand still and measures it is what limits it, too.
  const groups: readonly Feature[] = held.some((limit) => limit !== 'volume') ? ['pause', 'metrics'] : []
  return {
    isolation,
    features: [
      'terminal',
      'watch',
      'attach',
      'code',
      'ports',
      ...groups,
      ...snapshots,
      'volumes',
      'egress-allow',
      'egress-networks',
      ...(declared.sealed ? (['egress-headers'] as const) : []),
    ],
    limits: [...held],
    templates: [...templates],
    maxTtlMs: maxTtlMs ?? 24 * hourMs,
    locality,
    price: price ?? freeOfCharge,
  }
}
