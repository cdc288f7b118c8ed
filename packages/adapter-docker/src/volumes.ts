import { isSandboxError, type ResolvedSandboxSpec, SandboxError } from '@caisson/core'
import { createHash } from 'node:crypto'
import { putTar, statPath } from './archive.ts'
import type { VolumePlace } from './container-spec.ts'
import type { Context } from './context.ts'
import { createVolume } from './create-volume.ts'
import { withHelper } from './helper-container.ts'
import { commonLabels, label } from './labels.ts'

const mountPath = '/caisson'
/** All users of all sandboxes of an organization may write. A fresh volume of an engine has another mode, and only root can change it. */
const sharedMode = 0o777

/** The volumes that a spec names, made where they do not exist. Each belongs to one organization: another's of that name is another. */
export async function prepareVolumes(
  context: Context,
  { volumes, labels }: ResolvedSandboxSpec,
  imageId: string,
): Promise<readonly VolumePlace[]> {
  const organization = labels['organization']
  return await Promise.all(
    volumes.map(async ({ name, path, readOnly }) => {
      const key = createHash('sha256')
        .update(JSON.stringify([context.namespace, organization ?? null, name]))
        .digest('hex')
      const volume = `caisson-volume-${key.slice(0, 32)}`
      const own = {
        [label.volume]: name,
        ...(organization === undefined ? {} : { [label.organization]: organization }),
      }
      await context.engine.remember(volume, async () => await prepareVolume(context, volume, own, imageId))
      return { volume, path, readOnly }
    }),
  )
}

async function prepareVolume(
  { engine, namespace, volumeBytes }: Context,
  volume: string,
  own: Readonly<Record<string, string>>,
  imageId: string,
): Promise<void> {
  const labels = { ...commonLabels(namespace, 'volume'), ...own }
  await createVolume(engine, volume, { labels, sizeBytes: volumeBytes }).catch((error: unknown) => {
    if (volumeBytes === undefined || !isSandboxError(error) || error.code !== 'provider') throw error
    throw new SandboxError('unsupported', engine.adapter, 'the engine cannot limit the size of volumes', {
      field: 'volumes',
      remedy: 'keep the data of the engine on XFS, mounted with pquota, or leave `volumeBytes` out',
      cause: error,
    })
  })
  const helper = { name: `caisson-prepare-${volume}`, namespace, imageId, volume: { name: volume, path: mountPath } }
  await withHelper(engine, helper, async (container) => {
    const stat = await statPath(engine, container, mountPath)
    if (stat !== undefined && (stat.mode & 0o777) === sharedMode) return
    await putTar(engine, container, mountPath, async (archive) => {
      archive.entry({ name: './', type: 'directory', mode: sharedMode, uid: 0, gid: 0 })
    })
  })
}
