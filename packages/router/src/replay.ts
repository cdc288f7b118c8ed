import type { Decision } from '@caisson/core'
import { canonicalJson } from './canonical-json.ts'
import { decide } from './decide.ts'
import type { DecisionInput } from './decision-input.ts'
import type { Policy } from './policy.ts'

/** An operation that was decided on before, with the world as it was then. */
export interface PastOperation {
  readonly input: Omit<DecisionInput, 'policy'>
  readonly decision: Decision
}

export interface ReplayChange {
  readonly before: Decision
  readonly after: Decision
  /** Positive when the other policy costs more. Denied and host placements cost nothing. */
  readonly costDifferenceUsd: number
}

export interface Replay {
  readonly total: number
  /** Where placement, adapter, egress or approval would have been different, in the order of the past. */
  readonly changes: readonly ReplayChange[]
  readonly costBeforeUsd: number
  readonly costAfterUsd: number
}

/** What another policy would have decided. */
export function replay(policy: Policy, past: readonly PastOperation[]): Replay {
  const pairs = past.map(({ input, decision }) => ({ before: decision, after: decide({ ...input, policy }) }))
  return {
    total: pairs.length,
    changes: pairs
      .filter(({ before, after }) => essence(before) !== essence(after))
      .map(({ before, after }) => ({ before, after, costDifferenceUsd: costOf(after) - costOf(before) })),
    costBeforeUsd: pairs.reduce((sum, { before }) => sum + costOf(before), 0),
    costAfterUsd: pairs.reduce((sum, { after }) => sum + costOf(after), 0),
  }
}

function essence({ placement, approval }: Decision): string {
  if (placement.kind !== 'sandbox') return canonicalJson({ ...placement, missing: undefined, approval })
  // Under which name a policy keeps it makes no difference.
  return canonicalJson({ ...placement, class: undefined, approval })
}

function costOf({ estimate }: Decision): number {
  return estimate?.amountUsd ?? 0
}
