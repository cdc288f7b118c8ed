import { type SandboxAdapter, toErrorData } from '@caisson/core'
import type { Lease } from '../ports/lease-store.ts'
import type { Work } from '../work.ts'

/** Destroys what a failed `create` may have left at the provider. What cannot be destroyed now is found by recovery. */
export async function removeLeftovers({ services }: Work, adapter: SandboxAdapter, lease: Lease): Promise<void> {
  try {
    for await (const { id } of adapter.list({ labels: { lease: lease.id } })) await adapter.destroy(id)
  } catch (error) {
    services.logger.warn(
      { adapter: adapter.name, error: toErrorData(error) },
      'a failed create could not be cleaned up',
    )
  }
}
