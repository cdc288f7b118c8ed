import { defaultVolumeBytes, type ResolvedSandboxSpec, SandboxError } from '@caisson/core'
import type { Container } from 'dockerode'
import { putTar, statPath } from '../archive.ts'
import type { VolumePlace } from '../container-spec.ts'
import type { Context } from '../context.ts'
import type { Engine } from '../engine.ts'
import { withHelper } from '../helper-container.ts'
import { attachDisk, diskOf } from './disk.ts'
import { makeVolume } from './make-volume.ts'
import { findVolume, type Volume, volumeName } from './volume.ts'

/** A volume that is ready to be mounted. */
export interface PreparedVolume extends VolumePlace {
  readonly createdAtMs: number
}

/** The volumes that a spec names, made where they do not exist. Those that were made for a creation that fails stay: they are the organization's. */
export async function prepareVolumes(
  context: Context,
  { volumes, labels }: ResolvedSandboxSpec,
  imageId: string,
): Promise<readonly PreparedVolume[]> {
  const { engine, namespace, capabilities } = context
  const organization = labels['organization'] ?? ''
  const limited = capabilities.limits.includes('volume')
  return await Promise.all(
    volumes.map(async ({ name, path, readOnly, sizeBytes }, index) => {
      const key = { organization, name }
      const found = await findVolume(engine, volumeName(namespace, key))
      const volume =
        found === undefined || found === 'foreign'
          ? await makeVolume(context, key, {
              sizeBytes: limited ? (sizeBytes ?? defaultVolumeBytes) : undefined,
              imageId,
            })
          : found
      if (sizeBytes !== undefined && sizeBytes !== volume.sizeBytes) throw otherSize(engine.adapter, index, volume)
      await makeReady(context, volume, imageId)
      return { volume: volume.volume, path, readOnly, createdAtMs: volume.createdAtMs }
    }),
  )
}

/** Refuses volumes that somebody removed after they were prepared. A container that names them keeps them from now on. */
export async function assertPrepared({ engine }: Context, volumes: readonly PreparedVolume[]): Promise<void> {
  for (const [index, { volume, createdAtMs }] of volumes.entries()) {
    const found = await findVolume(engine, volume)
    if (found !== undefined && found !== 'foreign' && found.createdAtMs === createdAtMs) continue
    throw new SandboxError('conflict', engine.adapter, 'the volume was removed meanwhile', {
      field: `volumes.${index}.name`,
      retryable: true,
    })
  }
}

function otherSize(adapter: string, index: number, { name, sizeBytes }: Volume): SandboxError {
  const made = sizeBytes === undefined ? 'without a limit' : `for ${sizeBytes} bytes`
  return new SandboxError('conflict', adapter, `the volume ${name} was made ${made}`, {
    field: `volumes.${index}.sizeBytes`,
    remedy: 'leave the size out, use another name, or remove the volume first',
  })
}

const mountPath = '/caisson'
/** All users of all sandboxes of an organization may write. A fresh volume of an engine has another mode, and only root can change it. */
const sharedMode = 0o777

async function makeReady({ engine, namespace }: Context, volume: Volume, imageId: string): Promise<void> {
  const disk = diskOf(engine.adapter, volume)
  if (disk !== undefined) {
    await attachDisk(engine.adapter, disk)
    return
  }
  const name = volume.volume
  await engine.remember(`ready ${name} ${volume.createdAtMs}`, async () => {
    const helper = { name: `caisson-prepare-${name}`, namespace, imageId, volume: { name, path: mountPath } }
    await withHelper(engine, helper, async (container) => await openToAll(engine, container))
  })
}

/** Podman sets the mode of a volume's root from inside of it, and Docker, which passes over that, from above. */
const waysToRoot = [
  { path: mountPath, name: './' },
  { path: '/', name: `${mountPath.slice(1)}/` },
]

async function openToAll(engine: Engine, container: Container): Promise<void> {
  const isOpen = async (): Promise<boolean> =>
    (((await statPath(engine, container, mountPath))?.mode ?? 0) & 0o777) === sharedMode
  for (const { path, name } of waysToRoot) {
    if (await isOpen()) return
    await putTar(engine, container, path, async (archive) => {
      archive.entry({ name, type: 'directory', mode: sharedMode, uid: 0, gid: 0 })
    })
  }
  if (await isOpen()) return
  throw new SandboxError('provider', engine.adapter, 'the engine lets nobody but root write into a fresh volume', {
    field: 'volumes',
  })
}
