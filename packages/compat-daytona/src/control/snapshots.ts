import { randomUUID } from 'node:crypto'
import { canCarryFiles, packFiles, publicTemplates } from '@caisson/compat-kit'
import { freshId } from '@caisson/core'
import type {
  CreateSandboxSnapshot,
  CreateSnapshot,
  PaginatedSnapshots,
  Sandbox as SandboxDto,
  SnapshotDto,
} from '@daytona/api-client'
import { z } from 'zod'
import { startBuild } from '../builds/run-build.ts'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { bodyOf, parse } from '../http/body.ts'
import { type Call, type Handle, ok } from '../http/call.ts'
import { sealEnv } from '../sandboxes/env.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { changeSandbox } from './lifecycle.ts'
import { nameSchema, withName } from './names.ts'
import { findSnapshot, listSnapshots, removeSnapshot, type SnapshotRecord, stateOf } from './snapshot-record.ts'
import { sourceOfDockerfile } from './source.ts'
import { adapterTemplate } from './template-names.ts'

const snapshotBody = bodyOf<CreateSandboxSnapshot>()({ name: nameSchema, includeMemory: z.boolean().optional() })

/** `POST /sandbox/{id}/snapshot`: as much of its state as the adapter can keep; at the least the files of its user. */
export function snapshotSandbox(services: Services): Handle<SandboxDto> {
  const { registry, host } = services
  return changeSandbox(services, async (record, { json, caller }) => {
    const { name } = parse(snapshotBody, await json())
    return await withName(services, { kind: 'snapshot', name, caller }, async () => {
      await assertNameIsFree(services, name, caller)
      if (record.state !== 'started') throw new DaytonaError(409, `sandbox ${record.id} is ${record.state}`)
      const id = randomUUID()
      const kept = await keepState(services, await registry.open(record), { record, id })
      const { organization, env, cpu, memoryGib, diskGib } = record
      const snapshot: SnapshotRecord = {
        ...kept,
        id,
        organization,
        name,
        env,
        cpu,
        memoryGib,
        diskGib,
        active: true,
        sandbox: record.id,
        createdAtMs: Date.now(),
      }
      await host.records.put('snapshot', organization, id, snapshot)
      return record
    })
  })
}

async function keepState(
  { host }: Services,
  { sandbox }: Entry,
  { record, id }: { readonly record: Parameters<Parameters<typeof changeSandbox>[1]>[0]; readonly id: string },
): Promise<Pick<SnapshotRecord, 'kind' | 'template' | 'adapter'>> {
  if (sandbox.snapshot !== undefined) {
    const { template } = await sandbox.snapshot(freshId('snap'))
    return { kind: 'adapter', template, adapter: sandbox.adapter }
  }
  if (!(await canCarryFiles(sandbox)))
    throw new DaytonaError(
      400,
      `sandboxes of ${sandbox.adapter} have no snapshots, and this one has no tar to pack its files`,
    )
  await host.blobs.put(record.organization, id, await packFiles(sandbox))
  return { kind: 'files', ...(record.template === undefined ? {} : { template: record.template }) }
}

const imageSchema = z.string().regex(/^[^\s#$]+$/, 'not the name of an image')
const amount = z.number().positive().max(1024).optional()
const createBody = bodyOf<CreateSnapshot>()({
  name: nameSchema,
  imageName: z.string().min(1).max(512).optional(),
  entrypoint: z.array(z.string().max(4096)).max(100).optional(),
  cpu: amount,
  gpu: z.number().max(0, 'there are no GPUs here').optional(),
  gpuType: z.array(z.string()).max(0, 'there are no GPUs here').optional(),
  memory: amount,
  disk: amount,
  buildInfo: z
    .object({ dockerfileContent: z.string().max(1024 * 1024), contextHashes: z.array(z.string()).optional() })
    .optional(),
  regionId: z.string().optional(),
  sandboxClass: z.string().optional(),
})

/** `POST /snapshots`: a name and a size for a template that an adapter has, or for an image that is built from now on. */
export function createSnapshot(services: Services): Handle<SnapshotDto> {
  const { host, tokens } = services
  return async ({ caller, json }) => {
    const { name, imageName, entrypoint, buildInfo, cpu = 1, memory = 1, disk = 3 } = parse(createBody, await json())
    return await withName(services, { kind: 'snapshot', name, caller }, async () => {
      await assertNameIsFree(services, name, caller)
      if ((imageName === undefined) === (buildInfo === undefined))
        throw new DaytonaError(400, 'either imageName or buildInfo is needed')
      const wish = buildInfo ?? { dockerfileContent: `FROM ${parse(imageSchema, imageName)}\n` }
      const source = await sourceOfDockerfile(services, wish, caller)
      const build = source.planned === undefined ? source.build : (await startBuild(services, source.planned)).id
      const program = entrypoint ?? source.entrypoint
      const { organization } = caller
      const snapshot: SnapshotRecord = {
        id: randomUUID(),
        organization,
        name,
        createdAtMs: Date.now(),
        kind: 'template',
        ...(source.template === undefined ? {} : { template: source.template }),
        ...(build === undefined ? {} : { build }),
        ...(program === undefined ? {} : { entrypoint: [...program] }),
        image: imageName ?? source.name,
        active: true,
        env: sealEnv(
          {
            created: {},
            set: {},
            unset: [],
          },
          tokens,
        ),
        cpu,
        memoryGib: memory,
        diskGib: disk,
      }
      await host.records.put('snapshot', organization, snapshot.id, snapshot)
      return ok(await viewOf(services, snapshot))
    })
  }
}

const pageSchema = z.object({
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(200).default(100),
  name: z.string().optional(),
  sourceSandboxId: z.string().optional(),
})

/** The caller's own, newest first, and after them the templates of the adapters, which are there for everybody. */
export function readSnapshots(services: Services): Handle<PaginatedSnapshots> {
  return async ({ caller, query }) => {
    const { page, limit, name, sourceSandboxId } = parse(pageSchema, Object.fromEntries(query))
    const records = (await listSnapshots(services, caller)).toSorted(
      (left, right) => right.createdAtMs - left.createdAtMs,
    )
    const own = await Promise.all(records.map(async (record) => await viewOf(services, record)))
    const all = [...own, ...[...publicTemplates(services.host.adapters)].map(generalView)].filter(
      (snapshot) =>
        (name === undefined || snapshot.name.includes(name)) &&
        (sourceSandboxId === undefined || snapshot.sourceSandboxId === sourceSandboxId),
    )
    const items = all.slice((page - 1) * limit, page * limit)
    return ok({ items, total: all.length, page, totalPages: Math.ceil(all.length / limit) })
  }
}

export function readSnapshot(services: Services): Handle<SnapshotDto> {
  return async ({ caller, parts }) => {
    const [name = ''] = parts
    const own = await findSnapshot(services, name, caller)
    if (own !== undefined) return ok(await viewOf(services, own))
    if (adapterTemplate(services.host, name) !== undefined) return ok(generalView(name))
    throw new DaytonaError(404, `snapshot ${name} not found`)
  }
}

export function deleteSnapshot(services: Services): Handle<never> {
  return async (call) => {
    await removeSnapshot(services, await ownSnapshot(services, call))
    return { status: 200 }
  }
}

/** An inactive snapshot is kept, and no sandbox is made of it. */
export function setSnapshotActive(services: Services, active: boolean): Handle<SnapshotDto> {
  return async (call) => {
    const snapshot = { ...(await ownSnapshot(services, call)), active }
    await services.host.records.put('snapshot', snapshot.organization, snapshot.id, snapshot)
    return ok(await viewOf(services, snapshot))
  }
}

/** The caller's own snapshot that a call names. */
export async function ownSnapshot(services: Services, { caller, parts }: Call): Promise<SnapshotRecord> {
  const own = await findSnapshot(services, parts[0] ?? '', caller)
  if (own !== undefined) return own
  if (adapterTemplate(services.host, parts[0] ?? '') !== undefined)
    throw new DaytonaError(403, `snapshot ${parts[0] ?? ''} is a template for everybody`)
  throw new DaytonaError(404, `snapshot ${parts[0] ?? ''} not found`)
}

async function assertNameIsFree(services: Services, name: string, caller: Call['caller']): Promise<void> {
  const isTaken =
    (await findSnapshot(services, name, caller)) !== undefined || publicTemplates(services.host.adapters).has(name)
  if (isTaken) throw new DaytonaError(409, `a snapshot named ${name} exists`)
}

const common = {
  size: null,
  entrypoint: null,
  gpu: 0,
  errorReason: null,
  lastUsedAt: null,
  sandboxClass: 'container',
} as const

async function viewOf(services: Services, snapshot: SnapshotRecord): Promise<SnapshotDto> {
  const { id, organization, name, createdAtMs, image, cpu, memoryGib, diskGib, entrypoint, sandbox = null } = snapshot
  const { state, errorReason = null } = await stateOf(services, snapshot)
  const createdAt = new Date(createdAtMs)
  return {
    ...common,
    id,
    name,
    cpu,
    createdAt,
    organizationId: organization,
    general: false,
    ...(image === undefined ? {} : { imageName: image }),
    state,
    errorReason,
    entrypoint: entrypoint ?? null,
    mem: memoryGib,
    disk: diskGib,
    updatedAt: createdAt,
    sourceSandboxId: sandbox,
  }
}

function generalView(name: string): SnapshotDto {
  const since = new Date(0)
  return {
    ...common,
    id: name,
    name,
    general: true,
    state: 'active',
    cpu: 1,
    mem: 1,
    disk: 3,
    createdAt: since,
    updatedAt: since,
    sourceSandboxId: null,
  }
}
