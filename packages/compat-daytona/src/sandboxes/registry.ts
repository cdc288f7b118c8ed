import { isSandboxError, type Sandbox } from '@caisson/core'
import type { GatewayCaller, Whereabouts } from '@caisson/compat-kit'
import { DaytonaError } from '../daytona-error.ts'
import type { DaytonaHost } from '../host.ts'
import { createEntry, cutClients, type Entry } from './entry.ts'
import { type SandboxRecord, sandboxRecordSchema } from './record.ts'

/** The sandboxes of the gateway: records that all replicas share, and handles of this one. */
export interface Registry {
  /** The record of that id or name, for the organization that owns it; to any other it does not exist. */
  readonly find: (idOrName: string, caller: GatewayCaller) => Promise<SandboxRecord>
  /** As `find` by id alone, whosever it is. */
  readonly findAny: (id: string) => Promise<SandboxRecord | undefined>
  readonly list: (caller: GatewayCaller) => Promise<readonly SandboxRecord[]>
  readonly listAll: () => Promise<readonly SandboxRecord[]>
  readonly save: (record: SandboxRecord, change?: Partial<SandboxRecord>) => Promise<SandboxRecord>
  /** The handle of a sandbox that is somewhere. One that is gone there takes its record with it: 404. */
  readonly open: (record: SandboxRecord) => Promise<Entry>
  readonly keep: (record: SandboxRecord, sandbox: Sandbox) => Entry
  /** Lets go of the handle; what clients are in the middle of breaks off. */
  readonly drop: (id: string) => Promise<void>
  /** Ends a sandbox for good. */
  readonly end: (record: SandboxRecord) => Promise<void>
  /** One change of a sandbox's state after the other. */
  readonly alone: <Value>(id: string, work: () => Promise<Value>) => Promise<Value>
  readonly held: () => readonly Entry[]
  readonly close: () => Promise<void>
}

export function createRegistry(host: DaytonaHost): Registry {
  const entries = new Map<string, { readonly place: string; readonly opening: Promise<Entry> }>()
  const held = new Map<string, Entry>()
  const turns = new Map<string, Promise<unknown>>()

  const findAny: Registry['findAny'] = async (id) => {
    const found = await host.records.get('sandbox', id)
    return found === undefined ? undefined : sandboxRecordSchema.parse(found.value)
  }

  const list: Registry['list'] = async ({ organization }) =>
    (await host.records.list('sandbox', organization)).map((value) => sandboxRecordSchema.parse(value))

  const drop: Registry['drop'] = async (id) => {
    entries.delete(id)
    const entry = held.get(id)
    if (entry === undefined) return
    held.delete(id)
    entry.gone = true
    cutClients(entry)
    await entry.sandbox.detach()
  }

  const end: Registry['end'] = async (record) => {
    await drop(record.id)
    const whereabouts = whereaboutsOf(record)
    if (whereabouts !== undefined) await host.close(whereabouts)
    await host.blobs.remove(record.organization, record.id)
    await host.records.remove('activity', record.organization, record.id)
    await host.records.remove('sandbox', record.organization, record.id)
  }

  const keep: Registry['keep'] = (record, sandbox) => {
    const entry = createEntry(record, sandbox)
    entries.set(record.id, { place: placeOf(record), opening: Promise.resolve(entry) })
    held.set(record.id, entry)
    return entry
  }

  const connect = async (record: SandboxRecord): Promise<Entry> => {
    const whereabouts = whereaboutsOf(record)
    if (whereabouts === undefined) throw new DaytonaError(409, `sandbox ${record.id} is ${record.state}`)
    try {
      const entry = createEntry(record, await host.connect(whereabouts))
      held.set(record.id, entry)
      return entry
    } catch (error) {
      entries.delete(record.id)
      if (!isSandboxError(error) || error.code !== 'sandbox-not-found') throw error
      await end(record)
      throw new DaytonaError(404, `sandbox ${record.id} not found`, { cause: error })
    }
  }

  return {
    findAny,
    list,
    drop,
    end,
    keep,
    find: async (idOrName, caller) => {
      const byId = await findAny(idOrName)
      const found =
        byId?.organization === caller.organization ? byId : (await list(caller)).find(({ name }) => name === idOrName)
      if (found !== undefined) return found
      throw new DaytonaError(404, `sandbox ${idOrName} not found`)
    },
    listAll: async () => (await host.records.listAll('sandbox')).map((value) => sandboxRecordSchema.parse(value)),
    save: async (record, change = {}) => {
      const saved = { ...record, ...change, updatedAtMs: Date.now() }
      await host.records.put('sandbox', saved.organization, saved.id, saved)
      return saved
    },
    open: async (record) => {
      const known = entries.get(record.id)
      if (known?.place === placeOf(record)) return await known.opening
      await drop(record.id)
      const opening = connect(record)
      entries.set(record.id, { place: placeOf(record), opening })
      return await opening
    },
    alone: async (id, work) => {
      const before = turns.get(id) ?? Promise.resolve()
      const turn = before.then(work, work)
      const settled = turn.then(
        () => undefined,
        () => undefined,
      )
      turns.set(id, settled)
      try {
        return await turn
      } finally {
        if (turns.get(id) === settled) turns.delete(id)
      }
    },
    held: () => [...held.values()],
    close: async () => {
      const all = [...held.keys()]
      for (const id of all) await drop(id)
    },
  }
}

const mibPerGib = 1024

export function whereaboutsOf({ organization, place, cpu, memoryGib }: SandboxRecord): Whereabouts | undefined {
  if (place === undefined) return undefined
  return { organization, ...place, cpuCount: cpu, memoryMb: Math.round(memoryGib * mibPerGib) }
}

function placeOf({ place }: SandboxRecord): string {
  return `${place?.adapter ?? ''}/${place?.sandbox ?? ''}`
}
