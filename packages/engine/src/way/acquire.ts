import { createHash } from 'node:crypto'
import {
  type Decision,
  isSandboxError,
  type Labels,
  OperationError,
  type Sandbox,
  type SandboxAdapter,
  type SandboxId,
  type SandboxSpec,
} from '@caisson/core'
import { planSandbox } from '@caisson/router'
import type { AdapterEntry } from '../adapters/adapter-entry.ts'
import { specKey } from '../adapters/spec-key.ts'
import { type Acquired, attachLease, endLease, openLease } from '../leases/lease-log.ts'
import { removeLeftovers } from '../leases/remove-leftovers.ts'
import type { Lease } from '../ports/lease-store.ts'
import type { Work } from '../work.ts'
import { sharedVolumes } from './share.ts'

/** One way to come by a sandbox. `undefined`: this way has none to offer. */
export interface Source {
  readonly adapter: string
  readonly acquire: () => Promise<Acquired | undefined>
}

/** The ways to come by a sandbox, in the order in which they are to be tried: for each candidate its session, the pool, a new one. */
export function sourcesOf(work: Work, decision: Decision, slot: string): readonly Source[] {
  const { placement } = decision
  if (placement.kind !== 'sandbox') throw new OperationError('internal', 'the decision places nothing in a sandbox')
  const spec = { ...planSandbox(placement, work.operation), volumes: sharedVolumes(work) }
  return decision.candidates
    .filter(({ verdict }) => verdict !== 'rejected')
    .toSorted((left, right) => Number(right.verdict === 'chosen') - Number(left.verdict === 'chosen'))
    .flatMap(({ adapter: name }) => {
      const entry = work.services.adapters.get(name)
      if (entry === undefined) return []
      // The labels of a warm sandbox cannot be changed, so it could not be found again by the next operation of a session.
      const ways = work.operation.session === undefined ? [fromPool, fromNothing] : [fromSession, fromNothing]
      return ways.map((way) => ({ adapter: name, acquire: async () => await way({ work, entry, spec, slot }) }))
    })
}

interface Wanted {
  readonly work: Work
  readonly entry: AdapterEntry
  readonly spec: SandboxSpec
  readonly slot: string
}

async function fromSession({ work, entry, spec, slot }: Wanted): Promise<Acquired | undefined> {
  const { adapter } = entry
  const { limits, stores } = work.services
  for await (const info of adapter.list({ labels: sessionLabels(work, spec, slot) }, { signal: work.cancel })) {
    try {
      const [sandbox, before] = await Promise.all([
        connectFor(work, adapter, { id: info.id, ttlMs: spec.ttlMs ?? limits.sessionMs }),
        stores.leases.findOpenBySandbox(adapter.name, info.id),
      ])
      const lease = await openLease(work, entry, { slot, spec, sandbox, before })
      return await attachLease(work, { lease, sandbox, acquired: 'session', resumed: false })
    } catch (error) {
      if (!isSandboxError(error) || error.code !== 'sandbox-not-found') throw error
    }
  }
  return undefined
}

async function connectFor(
  { cancel }: Work,
  adapter: SandboxAdapter,
  { id, ttlMs }: { readonly id: SandboxId; readonly ttlMs: number },
): Promise<Sandbox> {
  const sandbox = await adapter.connect(id, { signal: cancel })
  await sandbox.extend(ttlMs)
  return sandbox
}

async function fromPool({ work, entry, spec, slot }: Wanted): Promise<Acquired | undefined> {
  const sandbox = work.services.pool.take(entry.adapter.name, spec)
  if (sandbox === undefined) return undefined
  try {
    const lease = await openLease(work, entry, { slot, spec, sandbox })
    const [acquired] = await Promise.all([
      attachLease(work, { lease, sandbox, acquired: 'warm', resumed: false }),
      spec.ttlMs === undefined ? undefined : sandbox.extend(spec.ttlMs),
    ])
    return acquired
  } catch (error) {
    void sandbox.destroy().catch(() => undefined)
    throw error
  }
}

async function fromNothing({ work, entry, spec, slot }: Wanted): Promise<Acquired | undefined> {
  const lease = await openLease(work, entry, { slot, spec })
  const labels = {
    ...(work.operation.session === undefined ? {} : sessionLabels(work, spec, slot)),
    ...labelsOf(work, lease),
  }
  try {
    const sandbox = await entry.create({ ...spec, labels }, AbortSignal.any([work.cancel, work.stop]))
    return await attachLease(work, { lease, sandbox, acquired: 'cold', resumed: false })
  } catch (error) {
    await endLease(work, lease)
    void removeLeftovers(work, entry.adapter, lease)
    throw error
  }
}

/** Every sandbox that is created carries these, so that recovery finds it whatever happens. */
function labelsOf(work: Work, lease: Lease): Labels {
  return {
    organization: work.organization,
    run: work.run,
    owner: work.services.ownerId,
    state: work.services.stores.id,
    lease: lease.id,
  }
}

/**
 * What operations that share a sandbox have in common. Trust and sensitivity belong to it: what is trusted must not meet what
 * something untrusted left behind. So does the slot: agents of one run do not meet.
 */
function sessionLabels({ services, organization, operation }: Work, spec: SandboxSpec, slot: string): Labels {
  const { session: name, trust, sensitivity } = operation
  const session = createHash('sha256')
    .update(JSON.stringify([name, trust, sensitivity, slot, specKey(spec)]))
    .digest('hex')
  return { state: services.stores.id, organization, session }
}
