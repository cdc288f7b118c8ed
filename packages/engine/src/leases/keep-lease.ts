import { freshId, leaseIdSchema, runIdSchema } from '@caisson/core'
import type { Lease } from '../ports/lease-store.ts'
import type { Work } from '../work.ts'

/** Slot of leases under which the sandboxes of sessions wait for their next operation. */
const keptSlot = 'session'

/** Ends the lease of a run whose sandbox is kept for its session, which goes on to be billed: under a lease of its own, of no run. */
export async function keepLease(work: Work, lease: Lease): Promise<number> {
  const { clock, limits, stores } = work.services
  const { endedAtMs: _end, costUsd: _cost, ...same } = lease
  const startedAtMs = clock.now()
  const kept: Lease = {
    ...same,
    id: leaseIdSchema.parse(freshId()),
    run: runIdSchema.parse(freshId('held')),
    slot: keptSlot,
    startedAtMs,
    expiresAtMs: startedAtMs + limits.sessionMs,
    estimateUsd: 0,
  }
  return await stores.leases.takeOver(kept, lease)
}
