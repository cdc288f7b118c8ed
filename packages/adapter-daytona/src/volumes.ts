import { createHash } from 'node:crypto'
import { isSandboxError, SandboxError, type VolumeInfo, type VolumeKey, type Volumes } from '@caisson/core'
import type { Context } from './context.ts'
import { keys, volumesOf } from './labels.ts'

type VendorVolume = Awaited<ReturnType<Context['cloud']['sdk']['volume']['get']>>

/** Daytona's volumes belong to the account as a whole: the name says whose one is. An organization may have any name, and this one has few characters. */
export function volumeName({ namespace }: Pick<Context, 'namespace'>, { organization, name }: VolumeKey): string {
  return `${prefixOf(namespace)}${Buffer.from(organization).toString('base64url')}.${name}`
}

function prefixOf(namespace: string): string {
  return `caisson.${createHash('sha256').update(namespace).digest('hex').slice(0, 8)}.`
}

function keyOf(namespace: string, name: string): VolumeKey | undefined {
  const prefix = prefixOf(namespace)
  const [, organization, rest] = name.startsWith(prefix)
    ? (/^([A-Za-z0-9_-]+)\.(.+)$/.exec(name.slice(prefix.length)) ?? [])
    : []
  if (organization === undefined || rest === undefined) return undefined
  return { organization: Buffer.from(organization, 'base64url').toString(), name: rest }
}

/** The volume of that name, made if it is not there. */
export async function openVolume({ cloud }: Context, name: string): Promise<VendorVolume> {
  return await cloud.call('volume', undefined, async () => {
    // Of two that make it at the same time one is told that it exists.
    return await cloud.sdk.volume.get(name, true).catch(async () => await cloud.sdk.volume.get(name))
  })
}

export function createVolumes(context: Context): Volumes {
  const { cloud, name: adapter, namespace } = context

  const mounted = async (): Promise<ReadonlySet<string>> => {
    const machines = await cloud.call('account', undefined, async () => {
      return await Array.fromAsync(cloud.sdk.list({ labels: { [keys.namespace]: namespace } }))
    })
    return new Set(machines.flatMap((machine) => volumesOf(machine)))
  }

  return {
    list: async function* (query, options): AsyncGenerator<VolumeInfo> {
      const all = await cloud.call('account', options, async () => await cloud.sdk.volume.list())
      const inUse = await mounted()
      for (const { name, createdAt, state } of all) {
        const key = keyOf(namespace, name)
        if (key === undefined || state === 'deleted' || state === 'deleting') continue
        if (query?.organization !== undefined && key.organization !== query.organization) continue
        yield { ...key, createdAtMs: Date.parse(createdAt), inUse: inUse.has(name) }
      }
    },
    remove: async (key, options) => {
      const name = volumeName(context, key)
      const all = await cloud.call('account', options, async () => await cloud.sdk.volume.list())
      const volume = all.find((found) => found.name === name)
      if (volume === undefined) return 'absent'
      if ((await mounted()).has(name))
        throw new SandboxError('conflict', adapter, `a living sandbox has the volume ${key.name} mounted`)
      try {
        await cloud.call('sandbox', options, async () => await cloud.sdk.volume.delete(volume))
        return 'removed'
      } catch (error) {
        if (isSandboxError(error) && error.code === 'sandbox-not-found') return 'absent'
        throw error
      }
    },
  }
}
