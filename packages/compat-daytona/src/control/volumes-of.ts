import type { GatewayCaller } from '@caisson/compat-kit'
import type { SandboxSpec } from '@caisson/core'
import { DaytonaError } from '../daytona-error.ts'
import type { Services } from '../gateway-options.ts'
import { listVolumes } from './volume-record.ts'

interface Mounts {
  readonly volumes: NonNullable<SandboxSpec['volumes']>
  /** The one adapter that has them already. */
  readonly only: string | undefined
  /** Says where they are from now on. */
  readonly settle: (adapter: string) => Promise<void>
}

/** The volumes that a caller names, as the adapters know them. All of one sandbox have to be on one adapter. */
export async function volumesOf(
  services: Services,
  wanted: readonly { readonly volumeId: string; readonly mountPath: string }[],
  caller: GatewayCaller,
): Promise<Mounts> {
  const all = wanted.length === 0 ? [] : await listVolumes(services, caller)
  const found = wanted.map(({ volumeId, mountPath }) => {
    const record = all.find(({ id, name }) => id === volumeId || name === volumeId)
    if (record === undefined) throw new DaytonaError(404, `volume ${volumeId} not found`)
    return { record, mountPath }
  })
  const places = [...new Set(found.map(({ record }) => record.adapter).filter((adapter) => adapter !== undefined))]
  if (places.length > 1) throw new DaytonaError(400, `volumes: these are apart: ${places.join(', ')}`)
  return {
    volumes: found.map(({ record, mountPath }) => ({ name: record.id, path: mountPath })),
    only: places[0],
    settle: async (adapter) => {
      for (const { record } of found)
        await services.host.records.put('volume', record.organization, record.id, {
          ...record,
          adapter,
          usedAtMs: Date.now(),
        })
    },
  }
}
