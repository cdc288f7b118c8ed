import { freshId } from '@caisson/core'
import { z } from 'zod'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import { parse } from '../http/read-json.ts'
import type { Handle } from '../http/route.ts'
import type { Tokens } from '../sandboxes/tokens.ts'
import { getVolume, listVolumes, type VolumeRecord } from './volume-record.ts'

const volumeBody = z.object({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/, 'letters, digits, "_" and "-", at most 128'),
})

/** `POST /volumes` */
export function createVolume(services: Services): Handle {
  const { host, tokens } = services
  return async ({ caller, json }) => {
    const { name } = parse(volumeBody, await json())
    if (!host.adapters.some(({ features }) => features.includes('volumes')))
      throw new E2bError(400, 'no adapter here has volumes')
    const all = await listVolumes(services, caller)
    if (all.some((volume) => volume.name === name)) throw new E2bError(409, `volume '${name}' exists`)
    const volume = { id: freshId('vol'), organization: caller.organization, name, createdAtMs: Date.now() }
    await host.records.put('volume', caller.organization, volume.id, volume)
    return { status: 201, body: withToken(volume, tokens) }
  }
}

export function getVolumes(services: Services): Handle {
  return async ({ caller }) => ({
    status: 200,
    body: (await listVolumes(services, caller)).map(({ id, name }) => ({ volumeID: id, name })),
  })
}

export function readVolume(services: Services): Handle {
  return async ({ caller, parts }) => ({
    status: 200,
    body: withToken(await getVolume(services, parts[0] ?? '', caller), services.tokens),
  })
}

export function removeVolume(services: Services): Handle {
  const { host, volumeContent } = services
  return async ({ caller, parts }) => {
    const volume = await getVolume(services, parts[0] ?? '', caller)
    await volumeContent.close(volume.id)
    const adapter = host.adapters.find(({ name }) => name === volume.adapter)
    await adapter?.volumes?.remove({ organization: volume.organization, name: volume.id })
    await host.records.remove('volume', volume.organization, volume.id)
    return { status: 204 }
  }
}

function withToken({ id, name }: VolumeRecord, tokens: Tokens): object {
  return { volumeID: id, name, token: tokens.volume(id) }
}
