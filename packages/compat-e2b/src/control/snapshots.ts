import { freshId } from '@caisson/core'
import { z } from 'zod'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import { parse } from '../http/read-json.ts'
import type { Handle } from '../http/route.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { canCarryFiles, packFiles } from '@caisson/compat-kit'
import { stateOf } from '../sandboxes/view.ts'
import { pageOf } from './page.ts'
import { hasName, listSnapshots, type SnapshotRecord } from './snapshot-record.ts'
import { nameSchema } from './template-record.ts'

const snapshotBody = z.object({ name: nameSchema.nullish() })

/** `POST /sandboxes/{id}/snapshots`: as much of the state as the adapter can keep; at the least the files of its user. */
export function createSnapshot(services: Services): Handle {
  const { registry, host } = services
  return async ({ parts, caller, json }) => {
    const { name } = parse(snapshotBody, await json())
    const entry = await registry.findFor(parts[0] ?? '', caller)
    if (stateOf(entry) === 'paused') throw new E2bError(409, `sandbox ${entry.record.id} is paused`)
    const { record } = entry
    const id = freshId('snap')
    const kept = await keepState(services, entry, id)
    const snapshot: SnapshotRecord = {
      ...kept,
      id,
      organization: record.organization,
      names: name === undefined || name === null ? [] : [name.includes(':') ? name : `${name}:default`],
      sandbox: record.id,
      createdAtMs: Date.now(),
      adapter: record.adapter,
      env: record.env,
      cpuCount: record.cpuCount,
      memoryMb: record.memoryMb,
    }
    await host.records.put('snapshot', record.organization, id, snapshot)
    return { status: 201, body: viewOf(snapshot) }
  }
}

async function keepState(
  { host }: Services,
  { sandbox, record }: Entry,
  id: string,
): Promise<Pick<SnapshotRecord, 'kind' | 'template'>> {
  if (sandbox.snapshot !== undefined) return { kind: 'adapter', template: (await sandbox.snapshot(id)).template }
  if (!(await canCarryFiles(sandbox)))
    throw new E2bError(
      400,
      `sandboxes of ${record.adapter} have no snapshots, and this one has no tar to pack its files`,
    )
  await host.blobs.put(record.organization, id, await packFiles(sandbox))
  return { kind: 'files', ...(record.adapterTemplate === undefined ? {} : { template: record.adapterTemplate }) }
}

/** `GET /snapshots` */
export function getSnapshots(services: Services): Handle {
  return async ({ caller, query }) => {
    const sandbox = query.get('sandboxID')
    const name = query.get('name')
    const all = await listSnapshots(services, caller)
    return pageOf(
      all.filter(
        (snapshot) => (sandbox === null || snapshot.sandbox === sandbox) && (name === null || hasName(snapshot, name)),
      ),
      query,
      { placeOf: ({ createdAtMs, id }) => ({ atMs: createdAtMs, id }), view: viewOf },
    )
  }
}

function viewOf({ id, names }: SnapshotRecord): object {
  return { snapshotID: id, names }
}
