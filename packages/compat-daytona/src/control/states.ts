import { canCarryFiles, endProcesses, type GatewayCaller, packFiles } from '@caisson/compat-kit'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { cutClients } from '../sandboxes/entry.ts'
import { startEntrypoint } from '../sandboxes/entrypoint.ts'
import { readEnv } from '../sandboxes/env.ts'
import type { SandboxRecord } from '../sandboxes/record.ts'
import { whereaboutsOf } from '../sandboxes/registry.ts'
import { keepMade } from './keep-made.ts'
import { fromArchive, lifetimeMs, makeSandbox } from './make-sandbox.ts'

/** From one state of a sandbox to another. Each is called within `registry.alone`, with a record that is fresh. */

export async function start(services: Services, record: SandboxRecord, caller: GatewayCaller): Promise<SandboxRecord> {
  const { registry, host } = services
  switch (record.state) {
    case 'started':
      return record
    case 'archived': {
      const plan = { ...record, ...since('started') }
      const sandbox = await makeSandbox(services, plan, { caller, prepare: fromArchive(services, record) })
      const started = await keepMade(services, plan, sandbox)
      await host.blobs.remove(record.organization, record.id)
      return started
    }
    case 'pending_build':
    case 'building_snapshot':
    case 'build_failed':
    case 'error':
      throw new DaytonaError(409, `sandbox ${record.id} is ${record.state}`)
    case 'stopped':
    case 'paused': {
      const { sandbox } = await registry.open(record)
      // Before it goes on: the adapter would end it at once if its time had run out.
      await sandbox.extend(lifetimeMs(services, record.place?.adapter))
      await sandbox.resume?.()
      // A pause keeps it, a stop has ended it.
      if (record.state === 'stopped') {
        const env = readEnv(record.env, services.tokens)
        await startEntrypoint(sandbox, { entrypoint: record.entrypoint, env })
      }
      return await registry.save(record, since('started'))
    }
  }
}

/** Ends all that runs. The files stay, and where the adapter can pause the sandbox takes no processor time. */
export async function stop({ registry }: Services, record: SandboxRecord): Promise<SandboxRecord> {
  if (record.state === 'archived' || record.state === 'stopped') return record
  if (record.state !== 'started' && record.state !== 'paused')
    throw new DaytonaError(409, `sandbox ${record.id} is ${record.state}`)
  const entry = await registry.open(record)
  const stopped = await registry.save(record, since('stopped'))
  cutClients(entry)
  if (record.state === 'paused') await entry.sandbox.resume?.()
  for (const { id } of (await entry.sandbox.code?.listContexts()) ?? []) await entry.sandbox.code?.removeContext(id)
  await endProcesses(entry.sandbox)
  await entry.sandbox.pause?.()
  return stopped
}

/** Freezes all that runs. */
export async function pause({ registry }: Services, record: SandboxRecord): Promise<SandboxRecord> {
  if (record.state === 'paused') return record
  if (record.state !== 'started') throw new DaytonaError(409, `sandbox ${record.id} is ${record.state}`)
  const entry = await registry.open(record)
  const { pause: freeze } = entry.sandbox
  if (freeze === undefined)
    throw new DaytonaError(400, `pause is not supported by sandboxes of ${entry.sandbox.adapter}`)
  const paused = await registry.save(record, since('paused'))
  cutClients(entry)
  try {
    await freeze()
    return paused
  } catch (error) {
    await registry.save(record)
    throw error
  }
}

/** Keeps the files and gives everything else back. */
export async function archive(services: Services, record: SandboxRecord): Promise<SandboxRecord> {
  const { registry, host } = services
  if (record.state === 'archived') return record
  if (record.state !== 'stopped')
    throw new DaytonaError(409, `sandbox ${record.id} is ${record.state}, and only a stopped one is archived`)
  const entry = await registry.open(record)
  await entry.sandbox.resume?.()
  if (!(await canCarryFiles(entry.sandbox)))
    throw new DaytonaError(400, 'archive is not supported here: this sandbox has no tar to pack its files')
  await host.blobs.put(record.organization, record.id, await packFiles(entry.sandbox))
  const { place: _place, ...rest } = record
  const archived = await registry.save({ ...rest, ...since('archived') })
  await registry.drop(record.id)
  const whereabouts = whereaboutsOf(record)
  if (whereabouts !== undefined) await host.close(whereabouts)
  return archived
}

/** A stopped sandbox with another size: a new one with its files. */
export async function resize(
  services: Services,
  record: SandboxRecord,
  { caller, size }: { readonly caller: GatewayCaller; readonly size: Partial<SandboxRecord> },
): Promise<SandboxRecord> {
  const archived = await archive(services, record)
  const plan = { ...archived, ...size, sized: true, ...since('started') }
  try {
    const sandbox = await makeSandbox(services, plan, { caller, prepare: fromArchive(services, record) })
    const started = await keepMade(services, plan, sandbox)
    await services.host.blobs.remove(record.organization, record.id)
    return await stop(services, started)
  } catch (error) {
    // It does not fit, but its files are there: it comes back as it was.
    await start(services, archived, caller).then(
      async (started) => await stop(services, started),
      () => undefined,
    )
    throw error
  }
}

function since<State extends SandboxRecord['state']>(
  state: State,
): { readonly state: State; readonly stateAtMs: number } {
  return { state, stateAtMs: Date.now() }
}
