import { isSandboxError, type Sandbox, type SandboxInfo } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { E2bCaller, E2bHost } from '../host.ts'
import { createEntry, cutClients, type Entry } from './entry.ts'
import { type SandboxRecord, sandboxRecordSchema } from './record.ts'

/** The sandboxes of the gateway: records that all replicas share, and handles of this one. */
export interface Registry {
  /** The sandbox of that id, whosever it is. `undefined`: there is none, or it is over. */
  readonly find: (id: string) => Promise<Entry | undefined>
  /** As `find`, for the organization that owns it; to any other it does not exist. */
  readonly findFor: (id: string, caller: E2bCaller) => Promise<Entry>
  readonly add: (record: SandboxRecord, sandbox: Sandbox) => Promise<Entry>
  readonly save: (entry: Entry, change: Partial<SandboxRecord>) => Promise<void>
  /** What the adapter says, at most `olderMs` old. `undefined`: the sandbox is over. */
  readonly look: (entry: Entry, olderMs?: number) => Promise<SandboxInfo | undefined>
  /** Ends it. Connections are cut first, so that nobody takes the end of a stream for the end of a command. */
  readonly end: (entry: Entry) => Promise<void>
  /** All records of an organization whose sandboxes live. */
  readonly list: (caller: E2bCaller) => Promise<readonly Entry[]>
  /** Looks at all records of all organizations; those whose sandboxes are over go. */
  readonly tidy: () => Promise<void>
  readonly held: () => readonly Entry[]
  readonly close: () => Promise<void>
}

/** How long another replica's change of a record may go unnoticed. */
const recordMs = 5000
const looksAtOnce = 16

export function createRegistry(host: E2bHost): Registry {
  const entries = new Map<string, Promise<Entry | undefined>>()
  const held = new Map<string, Entry>()

  const open = async (record: SandboxRecord): Promise<Entry | undefined> => {
    try {
      const sandbox = await host.connect(record)
      return createEntry(record, sandbox, await sandbox.info())
    } catch (error) {
      if (!isSandboxError(error) || error.code !== 'sandbox-not-found') throw error
      await forget(record)
      return undefined
    }
  }

  const load = async (id: string): Promise<Entry | undefined> => {
    const found = await host.records.get('sandbox', id)
    if (found === undefined) return undefined
    return await open(sandboxRecordSchema.parse(found.value))
  }

  const forget = async (record: SandboxRecord): Promise<void> => {
    entries.delete(record.id)
    held.delete(record.id)
    await host.close(record)
    await host.records.remove('sandbox', record.organization, record.id)
  }

  const refresh = async (entry: Entry): Promise<Entry | undefined> => {
    if (Date.now() - entry.recordAtMs < recordMs) return entry
    entry.recordAtMs = Date.now()
    const found = await host.records.get('sandbox', entry.record.id)
    if (found !== undefined) {
      entry.record = sandboxRecordSchema.parse(found.value)
      return entry
    }
    entry.gone = true
    entries.delete(entry.record.id)
    held.delete(entry.record.id)
    cutClients(entry)
    await entry.sandbox.detach()
    return undefined
  }

  const keep = (id: string, opening: Promise<Entry | undefined>): Promise<Entry | undefined> => {
    const kept = opening.then(
      (entry) => {
        if (entry === undefined) entries.delete(id)
        else held.set(id, entry)
        return entry
      },
      (error: unknown) => {
        entries.delete(id)
        throw error
      },
    )
    entries.set(id, kept)
    return kept
  }

  const find: Registry['find'] = async (id) => {
    if (!/^[a-z0-9]{1,64}$/.test(id)) return undefined
    const entry = await (entries.get(id) ?? keep(id, load(id)))
    return entry === undefined || entry.gone ? undefined : await refresh(entry)
  }

  const look: Registry['look'] = async (entry, olderMs = 0) => {
    const nowMs = Date.now()
    const isFresh = nowMs - entry.infoAtMs < olderMs && nowMs < entry.info.expiresAtMs
    if (entry.gone) return undefined
    if (isFresh) return entry.info
    try {
      entry.info = await entry.sandbox.info()
      entry.infoAtMs = Date.now()
      return entry.info
    } catch (error) {
      if (!isSandboxError(error) || error.code !== 'sandbox-not-found') throw error
      entry.gone = true
      cutClients(entry)
      await forget(entry.record)
      return undefined
    }
  }

  /** Those of the records whose sandboxes live. */
  const living = async (records: readonly unknown[]): Promise<readonly Entry[]> => {
    const found: Entry[] = []
    for (let start = 0; start < records.length; start += looksAtOnce) {
      const some = await Promise.all(
        records.slice(start, start + looksAtOnce).map(async (value) => {
          const entry = await find(sandboxRecordSchema.parse(value).id)
          return entry !== undefined && (await look(entry)) !== undefined ? entry : undefined
        }),
      )
      found.push(...some.filter((entry) => entry !== undefined))
    }
    return found
  }

  return {
    find,
    look,
    findFor: async (id, caller) => {
      const entry = await find(id)
      if (entry?.record.organization === caller.organization && (await look(entry)) !== undefined) return entry
      throw new E2bError(404, `sandbox ${id} not found`)
    },
    add: async (record, sandbox) => {
      await host.records.put('sandbox', record.organization, record.id, record)
      const entry = createEntry(record, sandbox, await sandbox.info())
      await keep(record.id, Promise.resolve(entry))
      return entry
    },
    save: async (entry, change) => {
      entry.record = { ...entry.record, ...change }
      await host.records.put('sandbox', entry.record.organization, entry.record.id, entry.record)
    },
    end: async (entry) => {
      entry.gone = true
      cutClients(entry)
      await forget(entry.record)
    },
    list: async (caller) => await living(await host.records.list('sandbox', caller.organization)),
    tidy: async () => void (await living(await host.records.listAll('sandbox'))),
    held: () => [...held.values()],
    close: async () => {
      const all = [...held.values()]
      held.clear()
      entries.clear()
      for (const entry of all) cutClients(entry)
      await Promise.all(all.map(async ({ sandbox }) => await sandbox.detach()))
    },
  }
}
