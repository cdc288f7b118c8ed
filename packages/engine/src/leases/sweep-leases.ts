import { isFinal, isSandboxError, type SandboxAdapter, type SandboxInfo, secondMs, toErrorData } from '@caisson/core'
import type { Lease } from '../ports/lease-store.ts'
import type { Services } from '../services.ts'

/** Most leases that one sweep looks at. */
const mostLeases = 10_000
/** Whoever ended a sandbox is given this long to end its lease too. */
const graceMs = 10 * secondMs

type Seen = Lease & { readonly seenAtMs?: number | undefined }

/**
 * Ends the leases of sandboxes that are no more, at the time at which those truly ended: that of their expiry, or else when they were last
 * seen. Notes pauses that nobody told of. Says how many leases it ended. Leases of runs that are under way belong to those.
 */
export async function sweepLeases(services: Services): Promise<number> {
  const { adapters, stores, logger } = services
  const open = await stores.leases.listAllOpen(mostLeases)
  let ended = 0
  for (const [name, { adapter }] of adapters) {
    const leases = open.filter((lease) => lease.adapter === name)
    if (leases.length === 0) continue
    try {
      const living = await livingOf(adapter, stores.id)
      const there: Seen[] = []
      for (const lease of leases) {
        const found = await sweep(services, lease, { adapter, living })
        if (found === 'ended') ended += 1
        if (found === 'there') there.push(lease)
      }
      await stores.leases.seen(there, services.clock.now())
    } catch (error) {
      logger.warn({ adapter: name, error: toErrorData(error) }, 'the leases of an adapter could not be swept')
    }
  }
  return ended
}

async function livingOf(adapter: SandboxAdapter, state: string): Promise<ReadonlyMap<string, SandboxInfo>> {
  const living = new Map<string, SandboxInfo>()
  for await (const info of adapter.list({ labels: { state } })) {
    living.set(info.id, info)
    const lease = info.labels['lease']
    if (lease !== undefined) living.set(`lease:${lease}`, info)
  }
  return living
}

/** `unsure`: somebody is about to say so, or at work with it. */
async function sweep(
  services: Services,
  lease: Seen,
  { adapter, living }: { readonly adapter: SandboxAdapter; readonly living: ReadonlyMap<string, SandboxInfo> },
): Promise<'ended' | 'there' | 'unsure'> {
  const { stores, clock } = services
  const nowMs = clock.now()
  const info = lease.sandbox === undefined ? living.get(`lease:${lease.id}`) : living.get(lease.sandbox)
  if (info !== undefined) {
    await noteState(services, lease, info)
    return 'there'
  }
  const lastMs = lease.seenAtMs ?? lease.startedAtMs
  if (nowMs - lastMs < graceMs || (await isBusy(services, lease))) return 'unsure'
  if (!(await isGone(adapter, lease))) return 'there'
  const endedAtMs = lease.expiresAtMs <= nowMs ? lease.expiresAtMs : lastMs
  const costUsd = await stores.leases.end(lease.organization, lease.id, Math.max(endedAtMs, lease.startedAtMs))
  await stores.audit.append({
    organization: lease.organization,
    run: lease.run,
    atMs: nowMs,
    action: 'lease.closed-by-sweeper',
    details: { lease: lease.id, adapter: lease.adapter, sandbox: lease.sandbox ?? '', endedAtMs, costUsd },
  })
  return 'ended'
}

/** One that is not listed may still be there: what came out of another sandbox need not have its labels. */
async function isGone(adapter: SandboxAdapter, { sandbox: id }: Lease): Promise<boolean> {
  if (id === undefined) return true
  try {
    const sandbox = await adapter.connect(id)
    await sandbox.detach()
    return false
  } catch (error) {
    if (isSandboxError(error) && error.code === 'sandbox-not-found') return true
    throw error
  }
}

/** What an adapter does by itself when the time of a sandbox is over, nobody tells. */
async function noteState({ stores, clock }: Services, lease: Seen, { state }: SandboxInfo): Promise<void> {
  const last = lease.pauses?.at(-1)
  const isPaused = last !== undefined && last.untilAtMs === undefined
  const nowMs = clock.now()
  const { organization, id } = lease
  if (state === 'paused' && !isPaused) await stores.leases.pause(organization, id, Math.min(lease.expiresAtMs, nowMs))
  if (state === 'running' && isPaused) await stores.leases.resume(organization, id, nowMs)
}

/** Whether somebody is at work with it who ends it in the end: a run, or an engine that has asked for the sandbox and waits. */
async function isBusy({ stores, clock }: Services, { organization, run, owner, sandbox }: Lease): Promise<boolean> {
  if (sandbox === undefined && (await stores.owners.listAlive(clock.now())).includes(owner)) return true
  const record = await stores.runs.get(organization, run)
  return record !== undefined && !isFinal(record.run.status)
}
