import {
  isFinal,
  organizationIdSchema,
  runIdSchema,
  type SandboxAdapter,
  type SandboxInfo,
  toErrorData,
} from '@caisson/core'
import type { RunRecord } from './ports/run-store.ts'
import type { Services } from './services.ts'

const pageSize = 100

/** Goes on with every run that nobody works on, and says with how many. A run that waits for an approval is looked at and waits on. */
export async function recoverRuns(
  { stores, clock }: Services,
  takeUp: (record: RunRecord) => Promise<boolean>,
): Promise<number> {
  const seen = new Set<string>()
  let taken = 0
  for (;;) {
    const page = await stores.runs.listAbandoned(clock.now(), pageSize + seen.size)
    const fresh = page.filter(({ run }) => !seen.has(`${run.organization}/${run.id}`))
    if (fresh.length === 0) return taken
    for (const record of fresh) {
      seen.add(`${record.run.organization}/${record.run.id}`)
      if (await takeUp(record)) taken += 1
    }
  }
}

/** Destroys the sandboxes of this state that belong to nobody, and says how many. */
export async function sweepSandboxes(services: Services): Promise<number> {
  const { adapters, stores, clock, logger } = services
  const alive = new Set(await stores.owners.listAlive(clock.now()))
  let destroyed = 0
  for (const { adapter } of adapters.values()) {
    try {
      for await (const info of adapter.list({ labels: { state: stores.id } })) {
        if (await isOwned(services, adapter, { info, alive })) continue
        if ((await adapter.destroy(info.id)) === 'destroyed') destroyed += 1
      }
    } catch (error) {
      logger.warn(
        { adapter: adapter.name, error: toErrorData(error) },
        'the sandboxes of an adapter could not be swept',
      )
    }
  }
  return destroyed
}

async function isOwned(
  { stores }: Services,
  adapter: SandboxAdapter,
  { info, alive }: { readonly info: SandboxInfo; readonly alive: ReadonlySet<string> },
): Promise<boolean> {
  const { labels } = info
  // Its own end of life ends it: the next operation of the session may come at any time.
  if (labels['session'] !== undefined) return true
  if (labels['pool'] === undefined) return await isRunning(stores.runs, labels['organization'], labels['run'])
  if (alive.has(labels['owner'] ?? '')) return true
  const lease = await stores.leases.findOpenBySandbox(adapter.name, info.id)
  return lease !== undefined && (await isRunning(stores.runs, lease.organization, lease.run))
}

async function isRunning(runs: Services['stores']['runs'], organization = '', run = ''): Promise<boolean> {
  const owner = organizationIdSchema.safeParse(organization)
  const id = runIdSchema.safeParse(run)
  if (!owner.success || !id.success) return false
  const record = await runs.get(owner.data, id.data)
  return record !== undefined && !isFinal(record.run.status)
}
