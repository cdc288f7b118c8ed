import { costByDay, fromNanos } from '@caisson/pricing'
import type { Lease, LeaseStore } from '../ports/lease-store.ts'

type Kept = Lease & { readonly seenAtMs?: number | undefined }

/** Without quotas and budgets: one process alone needs none. */
export function createMemoryLeaseStore(): LeaseStore {
  const leases = new Map<string, Kept>()
  const change = (organization: string, id: string, make: (lease: Kept) => Kept): Kept | undefined => {
    const lease = leases.get(`${organization}/${id}`)
    if (lease === undefined || lease.endedAtMs !== undefined) return lease
    const changed = make(lease)
    leases.set(`${organization}/${id}`, changed)
    return changed
  }
  const end = (organization: string, id: string, endedAtMs: number): number =>
    change(organization, id, (lease) => ({ ...lease, endedAtMs, costUsd: costUsdOf(lease, endedAtMs) }))?.costUsd ?? 0
  const all = (keep: (lease: Kept) => boolean) => [...leases.values()].filter(keep)
  const known = ({ seenAtMs: _seen, ...lease }: Kept): Lease => lease

  return {
    open: async (lease) => void leases.set(`${lease.organization}/${lease.id}`, lease),
    takeOver: async (lease, before) => {
      leases.set(`${lease.organization}/${lease.id}`, lease)
      return end(before.organization, before.id, lease.startedAtMs)
    },
    attach: async (organization, id, sandbox) => void change(organization, id, (lease) => ({ ...lease, sandbox })),
    pause: async (organization, id, atMs) =>
      void change(organization, id, (lease) => ({ ...lease, pauses: paused(lease.pauses, atMs) })),
    resume: async (organization, id, atMs) =>
      void change(organization, id, (lease) => ({ ...lease, pauses: resumed(lease.pauses, atMs) })),
    prolong: async (organization, id, expiresAtMs) =>
      void change(organization, id, (lease) => ({ ...lease, expiresAtMs })),
    end: async (organization, id, endedAtMs) => end(organization, id, endedAtMs),
    seen: async (seen, atMs) => {
      for (const { organization, id } of seen) change(organization, id, (lease) => ({ ...lease, seenAtMs: atMs }))
    },
    listByRun: async (organization, run) =>
      all((lease) => lease.organization === organization && lease.run === run).map(known),
    findOpenBySandbox: async (adapter, sandbox) =>
      all((lease) => lease.adapter === adapter && lease.sandbox === sandbox && lease.endedAtMs === undefined).map(
        known,
      )[0],
    listOpen: async (organization) =>
      all((lease) => lease.organization === organization && lease.endedAtMs === undefined).map(known),
    listAllOpen: async (limit) => all(({ endedAtMs }) => endedAtMs === undefined).slice(0, limit),
  }
}

function costUsdOf({ sandbox, price, startedAtMs, pauses = [], ...size }: Lease, endedAtMs: number): number {
  if (sandbox === undefined) return 0
  const days = costByDay(price, size, { startedAtMs, endedAtMs, pauses })
  return fromNanos(days.reduce((total, { nanos }) => total + nanos, 0))
}

function paused(pauses: Lease['pauses'] = [], atMs: number): NonNullable<Lease['pauses']> {
  const isPaused = pauses.length > 0 && pauses.at(-1)?.untilAtMs === undefined
  return isPaused ? pauses : [...pauses, { fromAtMs: atMs }]
}

function resumed(pauses: Lease['pauses'] = [], atMs: number): NonNullable<Lease['pauses']> {
  return pauses.map((pause) => (pause.untilAtMs === undefined ? { ...pause, untilAtMs: atMs } : pause))
}
