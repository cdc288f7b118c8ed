import { type ResolvedSandboxSpec, SandboxError, type VolumeKey, type Volumes } from '@caisson/core'
import { type Account, type FileSystem, find, makeDirectories, type Mount } from './files/file-system.ts'
import { type DirectoryNode, directoryNode } from './files/node.ts'
import { SystemError } from './files/system-error.ts'
import type { Guard } from './guard.ts'
import type { Hosting, MemoryWorld } from './hosted.ts'

/** Files that belong to an organization and not to one sandbox. */
export interface MemoryVolume {
  readonly key: VolumeKey
  readonly createdAtMs: number
  readonly root: DirectoryNode
  readonly account: Account
}

const root = { user: 'root', cwd: '/' }

/** Puts the volumes of a spec into a sandbox's files; makes those that do not exist. */
export function mountVolumes(hosting: Hosting, files: FileSystem, spec: ResolvedSandboxSpec): readonly Mount[] {
  const organization = spec.labels['organization'] ?? ''
  const found = spec.volumes.map(({ name, path, readOnly, sizeBytes }) => {
    const volume = hosting.world.volumes.get(keyText({ organization, name }))
    if (volume !== undefined && sizeBytes !== undefined && sizeBytes !== volume.account.limitBytes) {
      throw new SandboxError('conflict', hosting.adapter, `the volume ${name} has another size`, { field: 'volumes' })
    }
    return { key: { organization, name }, path, readOnly, sizeBytes, volume }
  })
  return found.map(({ key, path, readOnly, sizeBytes, volume }) => {
    const mounted = volume ?? createVolume(hosting, key, sizeBytes)
    makeDirectories(files, path, root)
    const place = find(files, path, root, 'no-follow')
    if (place.node?.kind !== 'directory') throw new SystemError('ENOTDIR', path)
    place.parent.children.set(place.name, mounted.root)
    return { path: place.path, readOnly, account: mounted.account }
  })
}

/** Leaves an empty directory where a volume was. */
export function detachVolume(directory: DirectoryNode, path: string): void {
  const steps = path.split('/').slice(1)
  const name = steps.pop() ?? ''
  let parent = directory
  for (const step of steps) {
    const next = parent.children.get(step)
    if (next?.kind !== 'directory') return
    parent = next
  }
  parent.children.set(name, directoryNode('root', 0))
}

export function createVolumes(adapter: string, world: MemoryWorld, guard: Guard): Volumes {
  const inUse = ({ organization, name }: VolumeKey): boolean =>
    [...world.sandboxes.values()].some(
      ({ spec }) => spec.labels['organization'] === organization && spec.volumes.some((mount) => mount.name === name),
    )
  return {
    list: async function* (query, options) {
      for (const { key, createdAtMs, account } of await guard(options, () => [...world.volumes.values()])) {
        if (query?.organization !== undefined && query.organization !== key.organization) continue
        const sizeBytes = Number.isFinite(account.limitBytes) ? account.limitBytes : undefined
        yield { ...key, sizeBytes, createdAtMs, inUse: inUse(key) }
      }
    },
    remove: async (key, options) =>
      await guard(options, () => {
        if (inUse(key)) throw new SandboxError('conflict', adapter, `a sandbox has the volume ${key.name} mounted`)
        return world.volumes.delete(keyText(key)) ? 'removed' : 'absent'
      }),
  }
}

function createVolume({ world, clock, volumeBytes }: Hosting, key: VolumeKey, sizeBytes?: number): MemoryVolume {
  const volume: MemoryVolume = {
    key,
    createdAtMs: clock.now(),
    root: directoryNode('root', clock.now(), 0o777),
    account: { limitBytes: sizeBytes ?? volumeBytes, usedBytes: 0 },
  }
  world.volumes.set(keyText(key), volume)
  return volume
}

function keyText({ organization, name }: VolumeKey): string {
  return JSON.stringify([organization, name])
}
