import { SandboxError, type VolumeKey, type Volumes } from '@caisson/core'
import { rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { waitForLoopDevice } from '../disk/loop-device.ts'
import type { Context } from '../launch/context.ts'
import { mapError, unless } from '../map-error.ts'
import { temporaryName } from '../record/store.ts'
import { within } from '../within.ts'
import { volumesInUse } from './in-use.ts'
import { withVolumesLock } from './lock.ts'
import { readVolumes, volumeDirectory, volumeImage, volumesDirectory } from './volume.ts'

export function createVolumes(open: () => Promise<Context>): Volumes {
  return {
    list: async function* (query = {}, call) {
      const context = await within(call, open)
      const used = await volumesInUse(context)
      for (const { organization, name, sizeBytes, createdAtMs } of await readVolumes(context.store)) {
        if (query.organization !== undefined && query.organization !== organization) continue
        const inUse = used.has(volumeDirectory(context.store, { organization, name }))
        yield { organization, name, sizeBytes, createdAtMs, inUse }
      }
    },
    remove: async (key, call) =>
      await within(call, async () => {
        const context = await open()
        try {
          return await withVolumesLock(context.store, async () => await removeVolume(context, key))
        } catch (error) {
          throw mapError(error, `removing the volume ${key.name}`)
        }
      }),
  }
}

async function removeVolume(context: Context, key: VolumeKey): Promise<'removed' | 'absent'> {
  const directory = volumeDirectory(context.store, key)
  if ((await volumesInUse(context)).has(directory)) {
    throw new SandboxError('conflict', adapterName, `a sandbox has the volume ${key.name} mounted`, {
      field: 'name',
      remedy: 'destroy the sandboxes that have it',
      retryable: true,
    })
  }
  // The last sandbox may be over and its mounts not yet.
  await waitForLoopDevice(volumeImage(directory))
  const condemned = join(volumesDirectory(context.store), temporaryName())
  const moved = await unless(
    rename(directory, condemned).then(() => true),
    'ENOENT',
  )
  if (moved === undefined) return 'absent'
  await rm(condemned, { recursive: true, force: true })
  return 'removed'
}
