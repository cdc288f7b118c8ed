import { type Attempt, freshId, leaseIdSchema, type Sandbox } from '@caisson/core'
import type { AdapterEntry } from '../adapters/adapter-entry.ts'
import { costOf } from '../adapters/cost-of.ts'
import type { Lease } from '../ports/lease-store.ts'
import type { Work } from '../work.ts'

/** A sandbox that belongs to this run, or to its session, until it is released. */
export interface Acquired {
  readonly lease: Lease
  readonly sandbox: Sandbox
  readonly acquired: NonNullable<Attempt['acquired']>
  /** Whether it comes from the time before an interruption: something may run in it already. */
  readonly resumed: boolean
}

/** Stored before the sandbox is asked for: one that is created and then forgotten cannot be. */
export async function openLease(work: Work, { adapter }: AdapterEntry, slot: string): Promise<Lease> {
  const lease: Lease = {
    id: leaseIdSchema.parse(freshId()),
    organization: work.organization,
    run: work.run,
    slot,
    adapter: adapter.name,
    owner: work.services.ownerId,
    startedAtMs: work.services.clock.now(),
  }
  await work.services.stores.leases.open(lease)
  return lease
}

/** Says which sandbox the lease became, for recovery and in the run's attempts. */
export async function attachLease(work: Work, acquired: Acquired): Promise<Acquired> {
  const { lease, sandbox } = acquired
  await Promise.all([
    work.services.stores.leases.attach(work.organization, lease.id, sandbox.id),
    work.handle.addAttempt({
      adapter: lease.adapter,
      sandbox: sandbox.id,
      acquired: acquired.acquired,
      startedAtMs: lease.startedAtMs,
    }),
  ])
  return { ...acquired, lease: { ...lease, sandbox: sandbox.id } }
}

/** Ends the lease, and says what it cost: nothing when no sandbox came of it. */
export async function endLease(work: Work, lease: Lease): Promise<number> {
  const endedAtMs = work.services.clock.now()
  const price = work.services.adapters.get(lease.adapter)?.adapter.capabilities.price
  const durationMs = lease.sandbox === undefined ? 0 : endedAtMs - lease.startedAtMs
  const costUsd = price === undefined ? 0 : costOf(price, work.operation.resources, durationMs)
  await work.services.stores.leases.end(work.organization, lease.id, { endedAtMs, costUsd })
  return costUsd
}
