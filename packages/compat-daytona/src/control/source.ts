import { isSandboxError, type Sandbox } from '@caisson/core'
import { type GatewayCaller, unpackFiles } from '@caisson/compat-kit'
import { type BuildParent, type BuildWish, planBuild } from '../builds/plan-build.ts'
import { readDockerfile } from '../builds/read-dockerfile.ts'
import { builtTemplate, findBuild, type PlannedBuild } from '../builds/run-build.ts'
import { standInFor } from '../builds/well-known-image.ts'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { readEnv } from '../sandboxes/env.ts'
import { adapterTemplate, defaultTemplate } from './template-names.ts'
import { findSnapshot, type SnapshotRecord, stateOf } from './snapshot-record.ts'

/** What a new sandbox is made of. */
export interface Source {
  /** As clients are told. */
  readonly name: string
  /** As the adapters name it. Absent: the adapter's default. */
  readonly template?: string | undefined
  /** The one adapter that has it. Absent: the policy chooses. */
  readonly only?: string | undefined
  readonly size?: { readonly cpu: number; readonly memoryGib: number; readonly diskGib: number } | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  /** The program that runs in it. */
  readonly entrypoint?: readonly string[] | undefined
  /** The build that it has to wait for. */
  readonly planned?: PlannedBuild | undefined
  /** Id of the build that it came from. */
  readonly build?: string | undefined
  /** Brings a sandbox that was made of the template to the state that was asked for. */
  readonly prepare?: ((sandbox: Sandbox) => Promise<void>) | undefined
}

/** The snapshot of that name or id: one of the caller's own, or a template of an adapter. */
export async function resolveSource(services: Services, name: string, caller: GatewayCaller): Promise<Source> {
  const own = await findSnapshot(services, name, caller)
  if (own !== undefined) return await sourceOfSnapshot(services, own)
  const template = adapterTemplate(services.host, name)
  if (template !== undefined) return { name, template }
  throw new DaytonaError(404, `snapshot ${name} not found`)
}

export function defaultSource({ host }: Services): Source {
  const template = defaultTemplate(host)
  return template === undefined ? { name: 'default' } : { name: template, template }
}

/** What a plain image stands for: a snapshot, a template, or an image that a template stands for. */
async function sourceOfImage(services: Services, image: string, caller: GatewayCaller): Promise<Source> {
  if (await isKnown(services, image, caller)) return await resolveSource(services, image, caller)
  const standIn = standInFor(services.host, image)
  if (standIn === undefined) throw unknownImage(image)
  return { name: image, template: standIn.template }
}

function unknownImage(image: string): DaytonaError {
  return new DaytonaError(
    422,
    `the image ${image} is not here, and there is no registry to take it from: begin with Debian, with Python on Debian, or with a snapshot that was built`,
  )
}

async function isKnown(services: Services, name: string, caller: GatewayCaller): Promise<boolean> {
  return (
    (await findSnapshot(services, name, caller)) !== undefined || adapterTemplate(services.host, name) !== undefined
  )
}

/** Of an image by name, or of a Dockerfile, which is built unless it was before. */
export async function sourceOfDockerfile(services: Services, wish: BuildWish, caller: GatewayCaller): Promise<Source> {
  const { images, isPlain, entrypoint } = readDockerfile(wish.dockerfileContent)
  if (isPlain) return await sourceOfImage(services, images[0] ?? '', caller)
  const parentOf = async (image: string): Promise<BuildParent> => await buildParent(services, image, caller)
  const planned = await planBuild(services, wish, { caller, parentOf })
  const name = planned.record.adapterTemplate
  const before = await findBuild(services, planned.record.id)
  const template = before === undefined ? undefined : builtTemplate(services, before)
  return template === undefined
    ? { name, planned, entrypoint }
    : { name, template, entrypoint, build: planned.record.id }
}

/** What a build can begin with: a template that was built. */
async function buildParent(services: Services, image: string, caller: GatewayCaller): Promise<BuildParent> {
  if (!(await isKnown(services, image, caller))) {
    const standIn = standInFor(services.host, image)
    if (standIn !== undefined) return standIn
    throw unknownImage(image)
  }
  const { template, only, prepare } = await resolveSource(services, image, caller)
  if (template === undefined || template === 'host' || only !== undefined || prepare !== undefined)
    throw new DaytonaError(422, `nothing can be built on ${image}: it is no template that was built`)
  return { template, prelude: [] }
}

async function sourceOfSnapshot(services: Services, snapshot: SnapshotRecord): Promise<Source> {
  const { host, tokens } = services
  const { id, organization, name, build, cpu, memoryGib, diskGib } = snapshot
  if (!snapshot.active) throw new DaytonaError(400, `snapshot ${name} is inactive: activate it first`)
  const state = await stateOf(services, snapshot)
  if (state.template === undefined && build !== undefined)
    throw new DaytonaError(state.state === 'building' ? 409 : 422, `snapshot ${name} is ${state.state}`)
  const unpackKept = async (sandbox: Sandbox): Promise<void> => {
    const archive = await host.blobs.get(organization, id)
    if (archive === undefined) throw new DaytonaError(404, `snapshot ${name} is gone`)
    await unpackFiles(sandbox, archive)
  }
  return {
    name,
    build,
    template: state.template,
    entrypoint: snapshot.entrypoint,
    size: { cpu, memoryGib, diskGib },
    env: readEnv(snapshot.env, tokens).created,
    ...(snapshot.kind === 'adapter' ? { only: snapshot.adapter } : {}),
    ...(snapshot.kind === 'files' ? { prepare: unpackKept } : {}),
  }
}

/** Destroys what could not be brought to the state that was asked for. */
export async function prepared(sandbox: Sandbox, prepare: Source['prepare']): Promise<void> {
  try {
    await prepare?.(sandbox)
  } catch (error) {
    await sandbox.destroy().catch((left: unknown) => {
      if (!isSandboxError(left)) throw left
    })
    throw error
  }
}
