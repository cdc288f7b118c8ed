import {
  allocatedResources,
  type Attempt,
  freshId,
  leaseIdSchema,
  type Price,
  type Sandbox,
  type SandboxSpec,
} from '@caisson/core'
import { costOf, fromNanos } from '@caisson/pricing'
import type { AdapterEntry } from '../adapters/adapter-entry.ts'
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

export interface LeaseTerms {
  readonly slot: string
  readonly spec: Pick<SandboxSpec, 'ttlMs'>
  /** A sandbox that is there already. */
  readonly sandbox?: Sandbox | undefined
  /** The lease under which it was kept until now. */
  readonly before?: Lease | undefined
}

/** Stored before the sandbox is asked for: one that is created and then forgotten cannot be. */
export async function openLease(
  work: Work,
  { adapter }: AdapterEntry,
  { slot, spec, sandbox, before }: LeaseTerms,
): Promise<Lease> {
  const { clock, ownerId, stores } = work.services
  const { agentName, agent } = work.handle.record().requester
  const { cpus, memoryBytes, diskBytes } = allocatedResources(work.operation.resources)
  const { price, maxTtlMs } = adapter.capabilities
  const startedAtMs = clock.now()
  const lease: Lease = {
    id: leaseIdSchema.parse(freshId()),
    organization: work.organization,
    run: work.run,
    slot,
    adapter: adapter.name,
    owner: ownerId,
    startedAtMs,
    agent: agentName ?? agent ?? '',
    kind: work.operation.kind,
    cpus,
    memoryBytes,
    diskBytes,
    price,
    expiresAtMs: startedAtMs + (spec.ttlMs ?? maxTtlMs),
    estimateUsd: estimateOf(work, price, { cpus, memoryBytes, diskBytes }),
    ...(sandbox === undefined ? {} : { sandbox: sandbox.id }),
  }
  if (before === undefined) await stores.leases.open(lease)
  else await stores.leases.takeOver(lease, before)
  return lease
}

/** For one sandbox, although the decision may reckon with many. */
function estimateOf({ handle }: Work, price: Price, size: Pick<Lease, 'cpus' | 'memoryBytes' | 'diskBytes'>): number {
  const durationMs = handle.record().run.decision?.estimate?.durationMs ?? 0
  return fromNanos(costOf(price, size, { runningMs: durationMs }))
}

/** Says which sandbox the lease became, for recovery and in the run's attempts. */
export async function attachLease(work: Work, acquired: Acquired): Promise<Acquired> {
  const { lease, sandbox } = acquired
  await Promise.all([
    lease.sandbox === undefined
      ? work.services.stores.leases.attach(work.organization, lease.id, sandbox.id)
      : undefined,
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
export async function endLease(work: Work, { id }: Lease): Promise<number> {
  return await work.services.stores.leases.end(work.organization, id, work.services.clock.now())
}
