import { type Decision, defaultResources } from '@caisson/core'
import { costElsewhere } from '@caisson/pricing'
import type { Derivation } from '@caisson/router'

/** The decision with what the same would cost with other providers: nothing to tell where nothing runs in sandboxes. */
export function withElsewhere({ decision, facts }: Pick<Derivation, 'decision' | 'facts'>, size: Size): Decision {
  if (decision.placement.kind !== 'sandbox') return decision
  const { cpus = defaultResources.cpus, memoryBytes = defaultResources.memoryBytes } = size
  const elsewhere = costElsewhere(
    { cpus, memoryBytes },
    { sandboxes: facts.parallelism, durationMs: facts.expectedDurationMs },
  )
  return { ...decision, elsewhere: [...elsewhere] }
}

interface Size {
  readonly cpus?: number | undefined
  readonly memoryBytes?: number | undefined
}
