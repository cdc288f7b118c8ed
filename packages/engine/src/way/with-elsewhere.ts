import { allocatedResources, type Decision, type Operation } from '@caisson/core'
import { costElsewhere } from '@caisson/pricing'
import type { Derivation } from '@caisson/router'

/** The decision with what the same would cost with other providers, also when it is denied here: nothing to tell where the host does it. */
export function withElsewhere(
  { decision, facts }: Pick<Derivation, 'decision' | 'facts'>,
  size: Operation['resources'],
): Decision {
  if (decision.placement.kind === 'host') return decision
  const { cpus, memoryBytes, diskBytes } = allocatedResources(size)
  const elsewhere = costElsewhere(
    { cpus, memoryBytes, diskBytes },
    { sandboxes: facts.parallelism, durationMs: facts.expectedDurationMs },
  )
  return { ...decision, elsewhere: [...elsewhere] }
}
