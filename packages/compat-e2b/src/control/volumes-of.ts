import type { SandboxSpec } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { E2bCaller } from '../host.ts'
import { listVolumes } from './volume-record.ts'

interface Mounts {
  readonly volumes: NonNullable<SandboxSpec['volumes']>
  /** The one adapter that has them already. */
  readonly adapter: string | undefined
  /** Says where they are from now on. */
  readonly settle: (adapter: string) => Promise<void>
}

/** The volumes that a caller names, as the adapters know them. All of one sandbox have to be on one adapter. */
export async function volumesOf(
  services: Services,
  wanted: readonly { readonly name: string; readonly path: string }[],
  caller: E2bCaller,
): Promise<Mounts> {
  const all = wanted.length === 0 ? [] : await listVolumes(services, caller)
  const found = wanted.map(({ name, path }) => {
    const record = all.find((volume) => volume.name === name || volume.id === name)
    if (record === undefined) throw new E2bError(404, `volume '${name}' not found`)
    return { record, path }
  })
  const places = [...new Set(found.map(({ record }) => record.adapter).filter((adapter) => adapter !== undefined))]
  if (places.length > 1) throw new E2bError(400, `volumeMounts: these volumes are apart: ${places.join(', ')}`)
  return {
    volumes: found.map(({ record, path }) => ({ name: record.id, path })),
    adapter: places[0],
    settle: async (adapter) => {
      for (const { record } of found) {
        if (record.adapter === undefined)
          await services.host.records.put('volume', record.organization, record.id, { ...record, adapter })
      }
    },
  }
}
