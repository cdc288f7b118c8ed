import { isFinal } from '@caisson/core'
import type { RunRecord, RunStore } from '../ports/run-store.ts'

export function createMemoryRunStore(): RunStore {
  const records = new Map<string, RunRecord>()
  const keyOf = (organization: string, run: string) => `${organization}/${run}`
  const replace = (record: RunRecord) => {
    const next = { ...record, version: record.version + 1 }
    records.set(keyOf(next.run.organization, next.run.id), next)
    return next
  }

  return {
    create: async (record) => {
      const key = keyOf(record.run.organization, record.run.id)
      const existing = records.get(key)
      if (existing !== undefined) return { record: existing, created: false }
      records.set(key, { ...record, version: 1 })
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
    update: async (organization, run, version, change) => {
      const record = records.get(keyOf(organization, run))
      if (record === undefined || record.version !== version) return undefined
      const { claim, ...rest } = { ...record, ...change }
      return replace(claim === null || claim === undefined ? rest : { ...rest, claim })
    },
    claim: async (organization, run, { nowMs, ...claim }) => {
      const record = records.get(keyOf(organization, run))
      if (record === undefined || isFinal(record.run.status)) return undefined
      const held = record.claim
      if (held !== undefined && held.owner !== claim.owner && held.untilMs > nowMs) return undefined
      return replace({ ...record, claim })
    },
    listAbandoned: async (nowMs, limit) =>
      [...records.values()]
        .filter(({ run, claim }) => !isFinal(run.status) && (claim === undefined || claim.untilMs <= nowMs))
        .slice(0, limit),
  }
}
