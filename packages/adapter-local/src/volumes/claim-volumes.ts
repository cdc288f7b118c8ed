import { defaultVolumeBytes, type ResolvedSandboxSpec, SandboxError, type VolumeKey } from '@caisson/core'
import { execa } from 'execa'
import { mkdir, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { assertRoomForVolume } from '../disk/room.ts'
import type { Context } from '../launch/context.ts'
import { temporaryName } from '../record/store.ts'
import { withVolumesLock } from './lock.ts'
import { readVolume, type Volume, volumeDirectory, volumeImage, volumesDirectory } from './volume.ts'

/**
 * Makes the volumes of a spec that do not exist, and calls `record`, which writes down that the sandbox has them: nobody removes one in between. Volumes
 * that were made for a creation that fails stay: they are the organization's. Resolves to their images, in order.
 */
export async function claimVolumes(
  context: Context,
  { volumes, labels }: Pick<ResolvedSandboxSpec, 'volumes' | 'labels'>,
  record: () => void,
): Promise<readonly string[]> {
  if (volumes.length === 0) {
    record()
    return []
  }
  if (context.machine.privilege.kind !== 'root' || context.machine.privilege.perl === undefined) {
    throw new SandboxError('runtime-missing', adapterName, 'volumes need Perl, to map their user ids', {
      field: 'volumes',
      remedy: 'apt-get install -y perl-base',
    })
  }
  const organization = labels['organization'] ?? ''
  return await withVolumesLock(context.store, async () => {
    const images: string[] = []
    for (const [index, { name, sizeBytes }] of volumes.entries()) {
      const key = { organization, name }
      const directory = volumeDirectory(context.store, key)
      const volume = (await readVolume(directory)) ?? (await makeVolume(context, key, sizeBytes ?? defaultVolumeBytes))
      if (sizeBytes !== undefined && sizeBytes !== volume.sizeBytes) throw otherSize(index, volume)
      images.push(volumeImage(directory))
    }
    record()
    return images
  })
}

/** Unlike a sandbox's disk it has a journal: its content must outlive a machine that stops in the middle. */
async function makeVolume({ machine, store }: Context, key: VolumeKey, sizeBytes: number): Promise<Volume> {
  if (machine.privilege.kind !== 'root') throw new Error('volumes need root')
  await assertRoomForVolume(store, sizeBytes)
  const volume: Volume = { version: 1, ...key, sizeBytes, createdAtMs: Date.now() }
  const unfinished = join(volumesDirectory(store), temporaryName())
  try {
    await mkdir(unfinished, { mode: 0o700 })
    const image = volumeImage(unfinished)
    await writeFile(image, '', { mode: 0o600 })
    await truncate(image, sizeBytes)
    await execa(machine.privilege.mkfs, ['-q', '-F', '-m', '0', '-E', 'nodiscard,root_owner=0:0', image])
    await writeFile(join(unfinished, 'volume.json'), JSON.stringify(volume), { mode: 0o600 })
    await rename(unfinished, volumeDirectory(store, key))
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw error
  }
  return volume
}

function otherSize(index: number, { name, sizeBytes }: Volume): SandboxError {
  return new SandboxError('conflict', adapterName, `the volume ${name} was made for ${sizeBytes} bytes`, {
    field: `volumes.${index}.sizeBytes`,
    remedy: 'leave the size out, use another name, or remove the volume first',
  })
}
