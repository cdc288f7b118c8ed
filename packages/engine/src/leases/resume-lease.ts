import { isSandboxError, type Sandbox, type SandboxAdapter } from '@caisson/core'
import type { Lease } from '../ports/lease-store.ts'
import type { Work } from '../work.ts'
import { type Acquired, endLease } from './lease-log.ts'

/**
 * The sandbox that this run had in this slot before it was interrupted. `gone`: there was one, in which something may have run, and
 * it is no more. `undefined`: nothing ever ran.
 */
export async function resumeLease(work: Work, slot: string): Promise<Acquired | 'gone' | undefined> {
  if (!work.resumed) return undefined
  const leases = await work.services.stores.leases.listByRun(work.organization, work.run)
  const lease = leases.findLast((candidate) => candidate.slot === slot && candidate.endedAtMs === undefined)
  const adapter = lease === undefined ? undefined : work.services.adapters.get(lease.adapter)?.adapter
  if (lease === undefined || adapter === undefined) return lease === undefined ? undefined : 'gone'

  const sandbox = await find(work, adapter, lease)
  if (sandbox !== undefined) {
    const known = { ...lease, sandbox: sandbox.id }
    await work.services.stores.leases.attach(work.organization, lease.id, sandbox.id)
    return { lease: known, sandbox, acquired: 'cold', resumed: true }
  }
  await endLease(work, lease)
  return lease.sandbox === undefined ? undefined : 'gone'
}

async function find(work: Work, adapter: SandboxAdapter, lease: Lease): Promise<Sandbox | undefined> {
  const options = { signal: work.cancel }
  try {
    if (lease.sandbox !== undefined) return await adapter.connect(lease.sandbox, options)
    for await (const { id } of adapter.list({ labels: { lease: lease.id } }, options)) {
      return await adapter.connect(id, options)
    }
  } catch (error) {
    if (!isSandboxError(error) || error.code !== 'sandbox-not-found') throw error
  }
  return undefined
}
