import {
  hourMs,
  leaseIdSchema,
  type OrganizationId,
  organizationIdSchema,
  runIdSchema,
  sandboxIdSchema,
  type LeaseId,
} from '@caisson/core'
import type { Lease, LeaseStore } from '@caisson/engine'
import { costByDay, costOf, fromNanos, toNanos } from '@caisson/pricing'
import { and, asc, eq, inArray, isNull, sql } from 'drizzle-orm'
import { costPart } from './cost-days.ts'
import type { Database, Transaction } from './database.ts'
import { insertFrom } from './insert-from.ts'
import { assertRoom, type BudgetWarning, lockOrganization, type QuotaDefaults } from './lease-room.ts'
import { leases } from './schema.ts'
import { within } from './scope.ts'

export interface LeaseStoreOptions {
  readonly quotaDefaults: QuotaDefaults
  /** Told once a month for each budget whose warning line is crossed. */
  readonly onWarning: (warning: BudgetWarning) => Promise<void>
}

export function createLeaseStore(database: Database, { quotaDefaults, onWarning }: LeaseStoreOptions): LeaseStore {
  /** The open lease, which nobody else changes until the transaction is over. */
  const locked = async (transaction: Transaction, organization: OrganizationId, id: LeaseId) => {
    const [row] = await transaction
      .select()
      .from(leases)
      .where(within(leases, organization, eq(leases.id, id)))
      .for('update')
    return row
  }
  const change = async (
    organization: OrganizationId,
    id: LeaseId,
    make: (row: Row) => Partial<Pick<Row, 'pauses'>>,
  ): Promise<void> => {
    await database.transaction(async (transaction) => {
      const row = await locked(transaction, organization, id)
      if (row === undefined || row.endedAtMs !== null) return
      await transaction
        .update(leases)
        .set(make(row))
        .where(within(leases, organization, eq(leases.id, id)))
    })
  }
  const read = async (organization: OrganizationId, id: LeaseId): Promise<Lease | undefined> => {
    const [row] = await database
      .select()
      .from(leases)
      .where(within(leases, organization, eq(leases.id, id)))
    return row === undefined ? undefined : toLease(row)
  }
  /**
   * Ends a lease, bills it and opens the next one, if there is one, in one statement, unless the lease is another than it is known to be:
   * then once more with what it is. A lease that has ended stays as it is.
   */
  const end = async (known: Lease | undefined, endedAtMs: number, next?: Lease): Promise<number> => {
    if (known === undefined || known.endedAtMs !== undefined) {
      if (next !== undefined) await database.insert(leases).values(valuesOf(next))
      return known?.costUsd ?? 0
    }
    const { organization, id, sandbox = null, pauses = [] } = known
    const days = daysOf(known, endedAtMs)
    const costUsd = fromNanos(days.reduce((total, { nanos }) => total + nanos, 0))
    const same = and(
      sql`${leases.sandbox} is not distinct from ${sandbox}`,
      sql`${leases.pauses}::jsonb = ${JSON.stringify(pauses)}::jsonb`,
    )
    const update = database
      .update(leases)
      .set({ endedAtMs, costUsd, reservedNanos: 0 })
      .where(within(leases, organization, eq(leases.id, id), isNull(leases.endedAtMs), same))
      .returning({ id: leases.id })
    const parts = [
      sql`changed as ${update}`,
      ...(days.length === 0 ? [] : [costPart(known, days)]),
      ...(next === undefined ? [] : [sql`opened as (${insertFrom(sql`changed`, leases, valuesOf(next))})`]),
    ]
    const { rows } = await database.execute(sql`with ${sql.join(parts, sql`, `)} select id from changed`)
    return rows.length > 0 ? costUsd : await end(await read(organization, id), endedAtMs, next)
  }

  return {
    open: async (lease) => {
      const { organization } = lease
      const values = valuesOf(lease)
      const { reservedNanos } = values
      const warnings = await database.transaction(async (transaction) => {
        await lockOrganization(transaction, organization)
        const told = await assertRoom(transaction, { lease, reservedNanos, defaults: quotaDefaults })
        await transaction.insert(leases).values(values)
        return told
      })
      for (const warning of warnings) await onWarning(warning)
    },
    takeOver: async (lease, before) => await end(before, lease.startedAtMs, lease),
    attach: async (organization, id, sandbox) => {
      await database
        .update(leases)
        .set({ sandbox })
        .where(within(leases, organization, eq(leases.id, id)))
    },
    pause: async (organization, id, atMs) =>
      await change(organization, id, ({ pauses }) => ({
        pauses: isPaused(pauses) ? pauses : [...pauses, { fromAtMs: atMs }],
      })),
    resume: async (organization, id, atMs) =>
      await change(organization, id, ({ pauses }) => ({
        pauses: pauses.map((pause) => (pause.untilAtMs === undefined ? { ...pause, untilAtMs: atMs } : pause)),
      })),
    prolong: async (organization, id, expiresAtMs) => {
      await database.transaction(async (transaction) => {
        await lockOrganization(transaction, organization)
        const row = await locked(transaction, organization, id)
        if (row === undefined || row.endedAtMs !== null) return
        const reservedNanos = reserveOf(toLease(row), { expiresAtMs, nowMs: Date.now() })
        const more = reservedNanos - row.reservedNanos
        if (more > 0) {
          await assertRoom(transaction, {
            lease: toLease(row),
            reservedNanos: more,
            defaults: quotaDefaults,
            budgetOnly: true,
          })
        }
        await transaction
          .update(leases)
          .set({ expiresAtMs, reservedNanos })
          .where(within(leases, organization, eq(leases.id, id)))
      })
    },
    end: async (organization, id, endedAtMs) => await end(await read(organization, id), endedAtMs),
    seen: async (seen, atMs) => {
      for (const [organization, own] of Map.groupBy(seen, (lease) => lease.organization)) {
        const ids = own.map(({ id }) => id)
        await database
          .update(leases)
          .set({ seenAtMs: atMs })
          .where(within(leases, organization, inArray(leases.id, ids), isNull(leases.endedAtMs)))
      }
    },
    listByRun: async (organization, run) => {
      const rows = await database
        .select()
        .from(leases)
        .where(within(leases, organization, eq(leases.run, run)))
        .orderBy(asc(leases.startedAtMs))
      return rows.map(toLease)
    },
    listOpen: async (organization) => {
      const rows = await database
        .select()
        .from(leases)
        .where(within(leases, organization, isNull(leases.endedAtMs)))
        .orderBy(asc(leases.startedAtMs))
      return rows.map(toLease)
    },
    // Crosses organizations: sandboxes end without asking whose they are.
    listAllOpen: async (limit) => {
      const rows = await database
        .select()
        .from(leases)
        .where(isNull(leases.endedAtMs))
        .orderBy(asc(leases.startedAtMs))
        .limit(limit)
      return rows.map(toSeenLease)
    },
    // Crosses organizations: whose sandbox it is, is the question.
    findOpenBySandbox: async (adapter, sandbox) => {
      const [row] = await database
        .select()
        .from(leases)
        .where(and(eq(leases.adapter, adapter), eq(leases.sandbox, sandbox), isNull(leases.endedAtMs)))
        .limit(1)
      return row === undefined ? undefined : toLease(row)
    },
  }
}

type Row = typeof leases.$inferSelect

/** Nothing runs longer than this without being prolonged; only what is paused is kept longer. */
const longestRunMs = 24 * hourMs

/** What it can cost at most: running to the end of its time. */
function reserveOf(
  { price, startedAtMs, ...size }: Lease,
  { expiresAtMs, nowMs }: { readonly expiresAtMs: number; readonly nowMs: number },
): number {
  const untilMs = Math.min(expiresAtMs, nowMs + longestRunMs)
  return costOf(price, size, { runningMs: Math.max(0, untilMs - startedAtMs) })
}

/** The row of a lease that is opened. */
function valuesOf(lease: Lease) {
  const { estimateUsd, pauses = [], ...values } = lease
  const reservedNanos = reserveOf(lease, { expiresAtMs: lease.expiresAtMs, nowMs: lease.startedAtMs })
  return { ...values, pauses: [...pauses], estimateNanos: toNanos(estimateUsd), reservedNanos }
}

function daysOf({ sandbox, price, startedAtMs, pauses = [], ...size }: Lease, endedAtMs: number) {
  if (sandbox === undefined || price === noPrice) return []
  return costByDay(price, size, { startedAtMs, endedAtMs, pauses })
}

function isPaused(pauses: Row['pauses']): boolean {
  const last = pauses.at(-1)
  return last !== undefined && last.untilAtMs === undefined
}

/** For leases from before there were prices with them. */
const noPrice = { currency: 'USD', perCpuHour: 0, perGibHour: 0, source: 'not recorded', asOf: '2026-11-21' } as const

function toSeenLease(row: Row): Lease & { readonly seenAtMs?: number } {
  return { ...toLease(row), ...(row.seenAtMs === null ? {} : { seenAtMs: row.seenAtMs }) }
}

function toLease(row: Row): Lease {
  const { organization, id, run, slot, adapter, sandbox, owner, startedAtMs, endedAtMs, costUsd } = row
  const { agent, kind, cpus, memoryBytes, diskBytes, price, expiresAtMs, estimateNanos, pauses } = row
  return {
    id: leaseIdSchema.parse(id),
    organization: organizationIdSchema.parse(organization),
    run: runIdSchema.parse(run),
    slot,
    adapter,
    owner,
    startedAtMs,
    agent,
    kind,
    cpus,
    memoryBytes,
    diskBytes,
    price: price ?? noPrice,
    expiresAtMs: expiresAtMs ?? startedAtMs,
    estimateUsd: fromNanos(estimateNanos),
    ...(pauses.length === 0 ? {} : { pauses }),
    ...(sandbox === null ? {} : { sandbox: sandboxIdSchema.parse(sandbox) }),
    ...(endedAtMs === null ? {} : { endedAtMs }),
    ...(costUsd === null ? {} : { costUsd }),
  }
}
