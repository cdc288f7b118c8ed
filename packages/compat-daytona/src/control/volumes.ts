import { randomUUID } from 'node:crypto'
import type { CreateVolume, VolumeDto } from '@daytona/api-client'
import { z } from 'zod'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { bodyOf, parse } from '../http/body.ts'
import { type Handle, ok } from '../http/call.ts'
import { withName } from './names.ts'
import { getVolume, listVolumes, type VolumeRecord } from './volume-record.ts'

const volumeBody = bodyOf<CreateVolume>()({ name: z.string().min(1).max(255) })

export function createVolume(services: Services): Handle<VolumeDto> {
  const { host } = services
  return async ({ caller, json }) => {
    const { name } = parse(volumeBody, await json())
    if (!host.adapters.some(({ features }) => features.includes('volumes')))
      throw new DaytonaError(400, 'no adapter here has volumes')
    return await withName(services, { kind: 'volume', name, caller }, async () => {
      const all = await listVolumes(services, caller)
      if (all.some((volume) => volume.name === name)) throw new DaytonaError(409, `volume ${name} exists`)
      const { organization } = caller
      const volume = { id: randomUUID(), organization, name, createdAtMs: Date.now() }
      await host.records.put('volume', organization, volume.id, volume)
      return ok(viewOf(volume))
    })
  }
}

export function readVolumes(services: Services): Handle<VolumeDto[]> {
  return async ({ caller }) => ok((await listVolumes(services, caller)).map(viewOf))
}

export function readVolume(services: Services): Handle<VolumeDto> {
  return async ({ caller, parts }) => ok(viewOf(await getVolume(services, parts[0] ?? '', caller)))
}

export function readVolumeByName(services: Services): Handle<VolumeDto> {
  return async ({ caller, parts }) => {
    const found = (await listVolumes(services, caller)).find(({ name }) => name === parts[0])
    if (found === undefined) throw new DaytonaError(404, `volume ${parts[0] ?? ''} not found`)
    return ok(viewOf(found))
  }
}

/** With everything in it. While a sandbox has it mounted: 409. */
export function removeVolume(services: Services): Handle<never> {
  const { host } = services
  return async ({ caller, parts }) => {
    const { organization, id, adapter } = await getVolume(services, parts[0] ?? '', caller)
    const place = host.adapters.find(({ name }) => name === adapter)
    await place?.volumes?.remove({ organization, name: id })
    await host.records.remove('volume', organization, id)
    return { status: 200 }
  }
}

function viewOf({ id, name, organization, createdAtMs, usedAtMs }: VolumeRecord): VolumeDto {
  const createdAt = new Date(createdAtMs).toISOString()
  return {
    id,
    name,
    organizationId: organization,
    state: 'ready',
    createdAt,
    updatedAt: createdAt,
    lastUsedAt: usedAtMs === undefined ? null : new Date(usedAtMs).toISOString(),
    errorReason: null,
  }
}
