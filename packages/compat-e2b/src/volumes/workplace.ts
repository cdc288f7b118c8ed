import { decodeText, minuteMs, runProcess, type Sandbox } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { E2bHost } from '../host.ts'
import type { VolumeRecord } from '../control/volume-record.ts'

/** A sandbox that has one volume mounted, in which the files of that volume are worked on: never on the host. */
export interface Workplace {
  readonly sandbox: Sandbox
  /** The user that everything there belongs to. */
  readonly uid: number
  readonly gid: number
}

/** Where the volume is mounted. */
export const mountPath = '/volume'

export interface Workplaces extends AsyncDisposable {
  /** Made when it is first needed, and ended after a while in which it was not. */
  readonly of: (volume: VolumeRecord) => Promise<Workplace>
  readonly close: (volumeId: string) => Promise<void>
}

const idleMs = minuteMs
const ttlMs = 10 * minuteMs
const caller = 'volume content'
const base = 'base'

interface Open {
  readonly place: Promise<Workplace>
  timer: NodeJS.Timeout
}

export function createWorkplaces(host: E2bHost): Workplaces {
  const open = new Map<string, Open>()

  const make = async ({ id, organization, adapter }: VolumeRecord): Promise<Workplace> => {
    // Where it grants sudo, files can be given to other users.
    const hasBase = host.adapters.some(
      ({ name, features, templates }) =>
        name === (adapter ?? name) && features.includes('volumes') && templates.includes(base),
    )
    const sandbox = await host.open(
      { ttlMs, volumes: [{ name: id, path: mountPath }], ...(hasBase ? { template: base } : {}) },
      { organization, name: caller },
      { only: adapter },
    )
    const { stdout } = await runProcess(sandbox, { argv: ['sh', '-c', 'id -u; id -g'] })
    const [uid = 0, gid = 0] = decodeText(stdout).trim().split('\n').map(Number)
    return { sandbox, uid, gid }
  }

  const close = async (id: string): Promise<void> => {
    const known = open.get(id)
    if (known === undefined) return
    open.delete(id)
    clearTimeout(known.timer)
    const place = await known.place.catch(() => undefined)
    await place?.sandbox.destroy()
  }

  const closeLater = (id: string): NodeJS.Timeout =>
    setTimeout(() => {
      close(id).catch((error: unknown) => host.onError(error, 'ending the workplace of a volume'))
    }, idleMs).unref()

  return {
    close,
    of: async (volume) => {
      const known = open.get(volume.id) ?? { place: make(volume), timer: closeLater(volume.id) }
      open.set(volume.id, known)
      clearTimeout(known.timer)
      known.timer = closeLater(volume.id)
      try {
        const place = await known.place
        if (Date.now() < (await place.sandbox.info()).expiresAtMs - 2 * idleMs) return place
        await place.sandbox.extend(ttlMs)
        return place
      } catch (error) {
        await close(volume.id)
        throw error
      }
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all([...open.keys()].map(close))),
  }
}

/** A path of a volume as one of the workplace. */
export function inWorkplace(path: string | null): string {
  if (path === null || path === '' || path.includes('\0')) throw new E2bError(400, 'path: missing or not valid')
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw new E2bError(400, 'path: leads out of the volume')
  return [mountPath, ...parts].join('/')
}
