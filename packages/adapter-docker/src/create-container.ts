import { type CallOptions, freshId, type ResolvedSandboxSpec, SandboxError, sandboxIdSchema } from '@caisson/core'
import { assertEngineHolds } from './assert-engine.ts'
import { type ContainerPlace, containerSpec, resourcesOf } from './container-spec.ts'
import type { Context } from './context.ts'
import { daemonConfig } from './daemon-config.ts'
import { daemonVolume } from './daemon-volume.ts'
import { sealEgress } from './egress-secrets.ts'
import type { EngineFacts } from './engine-facts.ts'
import type { Found } from './find-container.ts'
import { hasHome, makeHome } from './home.ts'
import { explainFailure } from './explain-failure.ts'
import { findImage, type TemplateImage } from './image.ts'
import { containerName, sandboxLabels, type SandboxRecord } from './labels.ts'
import { layerBytes } from './layer-size.ts'
import { makeContainer } from './make-container.ts'
import { claim } from './owner.ts'
import { removeContainer } from './remove-container.ts'
import { startContainer } from './start-container.ts'
import { together } from './together.ts'
import { assertPrepared, type PreparedVolume, prepareVolumes } from './volumes/prepare-volumes.ts'

/** Makes the container of a sandbox and starts the daemon in it. Leaves nothing when it throws. */
export async function createContainer(
  context: Context,
  spec: ResolvedSandboxSpec,
  options?: CallOptions,
): Promise<Found> {
  try {
    return await attempt(context, spec, options)
  } catch (error) {
    const failure = await explainFailure(context, error)
    if (failure !== 'again') throw failure
    return await attempt(context, spec, options)
  }
}

async function attempt(context: Context, spec: ResolvedSandboxSpec, options?: CallOptions): Promise<Found> {
  const { engine } = context
  const facts = await engine.facts()
  assertEngineHolds(context, facts)
  const template = {
    name: spec.template ?? context.capabilities.templates[0] ?? '',
    organization: spec.labels['organization'],
  }
  const image = await findImage(engine, context.images, template, options)
  const [place, home] = await together(placeOf(context, facts, image, spec), hasHome(engine, context.namespace, image))
  using claimed = claim()
  const record = await recordOf(context, spec, image, place.volumes)
  const name = containerName(record.id, record.createdAtMs + spec.ttlMs)
  const labels = sandboxLabels(context.namespace, record, claimed.owner)
  const settings = containerSpec(spec, facts, { ...place, name, labels })
  giveUpIfAsked(engine.adapter, options)
  try {
    // From here on there is something to take away, so no request is left in the middle.
    const container = await makeContainer(engine, settings)
    await assertPrepared(context, place.volumes)
    if (!home) await makeHome(engine, container, image)
    giveUpIfAsked(engine.adapter, options)
    await startContainer(engine, container, daemonConfig(spec, image, record), options)
    giveUpIfAsked(engine.adapter, options)
    return { containerId: container.id, state: 'running', record, expiresAtMs: Date.now() + spec.ttlMs, owner: '' }
  } catch (error) {
    // By its name: the engine may have made it and its answer been lost. What cannot be removed now is left to a sweep.
    await removeContainer(engine, name).catch(() => undefined)
    throw error
  }
}

async function placeOf(
  context: Context,
  facts: EngineFacts,
  image: TemplateImage,
  spec: ResolvedSandboxSpec,
): Promise<Omit<ContainerPlace, 'name' | 'labels' | 'volumes'> & { readonly volumes: readonly PreparedVolume[] }> {
  const { engine, namespace, capabilities, runtime } = context
  const limited = capabilities.limits.includes('disk')
  const [daemon, volumes] = await together(
    daemonVolume(engine, namespace, image.imageId),
    prepareVolumes(context, spec, image.imageId),
  )
  return {
    imageId: image.imageId,
    daemon,
    volumes,
    runtime,
    layerBytes: limited ? layerBytes(facts, image, resourcesOf(spec)) : undefined,
  }
}

async function recordOf(
  context: Context,
  spec: ResolvedSandboxSpec,
  { template, user }: TemplateImage,
  volumes: readonly PreparedVolume[],
): Promise<SandboxRecord> {
  const { capabilities } = context
  return {
    id: sandboxIdSchema.parse(freshId('sb')),
    template,
    createdAtMs: Date.now(),
    onExpiry: spec.onExpiry,
    ttlMs: spec.ttlMs,
    diskBytes: capabilities.limits.includes('disk') ? resourcesOf(spec).diskBytes : 0,
    labels: spec.labels,
    volumes: volumes.map(({ volume }) => volume),
    user,
    ...(await sealEgress(context, spec.egress)),
    accessToken: freshId() + freshId(),
  }
}

function giveUpIfAsked(adapter: string, options: CallOptions | undefined): void {
  if (options?.signal?.aborted === true)
    throw new SandboxError('cancelled', adapter, 'the call was given up by its caller')
  if (options?.deadline !== undefined && options.deadline <= Date.now()) {
    throw new SandboxError('timeout', adapter, 'the call took longer than it may')
  }
}
