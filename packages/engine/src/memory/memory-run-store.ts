import { isFinal, type Run } from '@caisson/core'
import type { AuditStore } from '../ports/audit-store.ts'
import type { EventStore } from '../ports/event-store.ts'
import { applyChange, type RunChange, type RunRecord, type RunStore, type Told } from '../ports/run-store.ts'

export function createMemoryRunStore(events: Pick<EventStore, 'append'>, audit: Pick<AuditStore, 'append'>): RunStore {
  const records = new Map<string, RunRecord>()
  const keyOf = (organization: string, run: string) => `${organization}/${run}`
  const replace = (record: RunRecord, change: RunChange) => {
    const next = applyChange(record, change)
    records.set(keyOf(next.run.organization, next.run.id), next)
    return next
  }
  /** In memory nothing that is told can fail to be stored. */
  const tell = async ({ organization, id }: Run, told: Told) => {
    if (told.events !== undefined) await events.append(organization, id, told.events)
    if (told.audit !== undefined) await audit.append(told.audit)
  }

  return {
    create: async (record, told = {}) => {
      const key = keyOf(record.run.organization, record.run.id)
      const existing = records.get(key)
      if (existing !== undefined) return { record: existing, created: false }
      records.set(key, { ...record, version: 1 })
      await tell(record.run, told)
      return { record: { ...record, version: 1 }, created: true }
    },
    get: async (organization, run) => records.get(keyOf(organization, run)),
    list: async (organization, query = {}) => {
      const { statuses, kinds, limit = 50, cursor } = query
      const position = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor)
      const matching = [...records.values()]
        .map((record, index) => ({ run: record.run, index }))
        .filter(
          ({ run, index }) =>
            index < position &&
            run.organization === organization &&
            (statuses?.includes(run.status) ?? true) &&
            (kinds?.includes(run.kind) ?? true),
        )
        .toReversed()
      const page = matching.slice(0, limit)
      const last = page.at(-1)
      return {
        runs: page.map(({ run }) => run),
        ...(matching.length > page.length && last !== undefined ? { next: String(last.index) } : {}),
      }
    },
    update: async (known, change) => {
      const record = records.get(keyOf(known.run.organization, known.run.id))
      if (record === undefined || record.version !== known.version) return undefined
      const next = replace(record, change)
      await tell(next.run, change)
      return next
    },
    claim: async (organization, run, { nowMs, ...claim }) => {
      const record = records.get(keyOf(organization, run))
      if (record === undefined || isFinal(record.run.status)) return undefined
      const held = record.claim
      if (held !== undefined && held.owner !== claim.owner && held.untilMs > nowMs) return undefined
      return replace(record, { claim })
    },
    listAbandoned: async (nowMs, limit) =>
      [...records.values()]
        .filter(({ run, claim }) => !isFinal(run.status) && (claim === undefined || claim.untilMs <= nowMs))
        .slice(0, limit),
  }
}
