import { type CallOptions, isSandboxError, SandboxError, type VolumeKey, type Volumes } from '@caisson/core'
import type { Context } from '../context.ts'
import { findContainers, isLiving } from '../find-container.ts'
import { detachDisk, diskOf } from './disk.ts'
import { removeEngineVolume } from './remove-engine-volume.ts'
import { carrierName, findVolume, listVolumes, volumeName } from './volume.ts'

/** What organizations keep on the engine, to look at and to remove. */
export function manageVolumes(context: Context): Volumes {
  const { engine, namespace } = context
  return {
    list: async function* ({ organization } = {}, call) {
      const [volumes, used] = await Promise.all([
        listVolumes(engine, namespace, organization, call),
        volumesInUse(context, call),
      ])
      for (const { volume, image: _, ...known } of volumes) yield { ...known, inUse: used.has(volume) }
    },
    remove: async (key, call) => await removeVolume(context, key, call),
  }
}

async function volumesInUse(context: Context, call?: CallOptions): Promise<ReadonlySet<string>> {
  const sandboxes = await findContainers(context, undefined, call)
  return new Set(sandboxes.filter(isLiving).flatMap(({ record }) => record.volumes))
}

async function removeVolume(context: Context, key: VolumeKey, call?: CallOptions): Promise<'removed' | 'absent'> {
  const { engine, namespace } = context
  const volume = volumeName(namespace, key)
  const found = await findVolume(engine, volume, call)
  const inUse = (cause?: unknown): SandboxError =>
    new SandboxError('conflict', engine.adapter, `a sandbox has the volume ${key.name} mounted`, {
      field: 'name',
      remedy: 'destroy the sandboxes that have it',
      retryable: true,
      cause,
    })
  if ((await volumesInUse(context, call)).has(volume)) throw inUse()
  const outcome = await removeEngineVolume(engine, volume, call).catch((error: unknown) => {
    throw isSandboxError(error) && error.code === 'conflict' ? inUse(error) : error
  })
  const disk = found === undefined || found === 'foreign' ? undefined : diskOf(engine.adapter, found)
  if (disk !== undefined) await detachDisk(engine.adapter, disk)
  await removeEngineVolume(engine, carrierName(volume), call)
  return found === 'foreign' ? 'absent' : outcome
}
