import { isSandboxError, SandboxError, type VolumeKey } from '@caisson/core'
import type { Context } from '../context.ts'
import { createVolume } from '../create-volume.ts'
import { withHelper } from '../helper-container.ts'
import { commonLabels, label } from '../labels.ts'
import { attachDisk, diskIn, makeDisk } from './disk.ts'
import { removeEngineVolume } from './remove-engine-volume.ts'
import { carrierName, findVolume, type Volume, volumeLabels, volumeName } from './volume.ts'

/** Makes a volume of an organization, unless somebody else is quicker. */
export async function makeVolume(
  context: Context,
  key: VolumeKey,
  { sizeBytes, imageId }: { readonly sizeBytes: number | undefined; readonly imageId: string },
): Promise<Volume> {
  const { engine, namespace } = context
  const volume = volumeName(namespace, key)
  if ((await findVolume(engine, volume)) === 'foreign') await removeEngineVolume(engine, volume)
  const labels = volumeLabels(namespace, key, sizeBytes)
  if (sizeBytes === undefined) await createVolume(engine, volume, { labels })
  else await makeLimited(context, { volume, labels, sizeBytes, imageId })
  const made = await findVolume(engine, volume)
  if (made !== undefined && made !== 'foreign') return made
  throw new SandboxError('conflict', engine.adapter, `the volume ${key.name} was removed meanwhile`, {
    retryable: true,
  })
}

interface Limited {
  readonly volume: string
  readonly labels: Readonly<Record<string, string>>
  readonly sizeBytes: number
  readonly imageId: string
}

/** A disk of its own where this machine is the engine's, else a quota of the engine. */
async function makeLimited({ engine, namespace }: Context, limited: Limited): Promise<void> {
  const { volume, labels, sizeBytes, imageId } = limited
  const carrier = carrierName(volume)
  const directory = await createVolume(engine, carrier, { labels: commonLabels(namespace, 'volume-disk') })
  const disk = diskIn(directory, volume)
  if (disk === undefined) {
    await removeEngineVolume(engine, carrier)
    await makeWithQuota()
    return
  }
  // The helper does nothing: whoever has the name of it is the one that makes this volume.
  const helper = { name: `caisson-make-${volume}`, namespace, imageId, volume: { name: carrier, path: '/caisson' } }
  await withHelper(engine, helper, async () => {
    if ((await findVolume(engine, volume)) !== undefined) return
    await makeDisk(engine.adapter, disk, sizeBytes)
    await attachDisk(engine.adapter, disk)
    const driverOptions = { type: 'ext4', device: disk.link, o: 'nodev,nosuid' }
    await createVolume(engine, volume, { labels: { ...labels, [label.image]: disk.image }, driverOptions })
  })

  async function makeWithQuota(): Promise<void> {
    try {
      await createVolume(engine, volume, { labels, driverOptions: { size: String(sizeBytes) } })
    } catch (error) {
      if (!isSandboxError(error) || !['provider', 'unsupported'].includes(error.code)) throw error
      throw new SandboxError('unsupported', engine.adapter, 'nothing holds the size of volumes here', {
        field: 'volumes',
        remedy:
          'run Caisson as root on the machine of the engine, keep the data of the engine on XFS with pquota, or declare no limit `volume`',
        cause: error,
      })
    }
  }
}
