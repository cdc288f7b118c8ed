import type { CaissonClient } from '@caisson/client'
import type { OperationInput } from '@caisson/core'

/** What the adapters that are on can do, all together. */
export interface Offer {
  readonly features: ReadonlySet<string>
  readonly limits: ReadonlySet<string>
}

export async function readOffer(client: CaissonClient): Promise<Offer> {
  const adapters = await client.adapters()
  return {
    features: new Set(adapters.flatMap(({ capabilities }) => capabilities.features)),
    limits: new Set(adapters.flatMap(({ capabilities }) => capabilities.limits)),
  }
}

/** What the operation asks for and no adapter has. Empty for an operation that can be run. */
export function lacking({ egress, resources }: OperationInput, { features, limits }: Offer): readonly string[] {
  return [
    ...((egress?.length ?? 0) > 0 && !features.has('egress-allow') ? ['egress-allow'] : []),
    ...(resources?.pids !== undefined && !limits.has('pids') ? ['a limit on pids'] : []),
    ...(resources?.memoryBytes !== undefined && !limits.has('memory') ? ['a limit on memory'] : []),
  ]
}
