import type { CostQuery, CostRow } from '@caisson/api/schemas'
import type { OrganizationId } from '@caisson/core'
import { fromNanos } from '@caisson/pricing'
import { asc, gte, lte, sql } from 'drizzle-orm'
import { withDatabaseErrors } from './database-errors.ts'
import type { Database } from './database.ts'
import { costDays } from './schema.ts'
import { within } from './scope.ts'

const mostRows = 10_000
const mibSecondsPerGibHour = 1024 * 3600

export interface CostStore {
  /** Sums over the days from `from` to `to`, both included, by what is asked for. */
  readonly report: (organization: OrganizationId, query: CostQuery) => Promise<readonly CostRow[]>
}

export function createCostStore(database: Database): CostStore {
  return withDatabaseErrors<CostStore>({
    report: async (organization, { from, to, by }) => {
      const columns = { day: costDays.day, agent: costDays.agent, kind: costDays.kind, adapter: costDays.adapter }
      const keys = by.map((name) => columns[name])
      const rows = await database
        .select({
          day: by.includes('day') ? costDays.day : sql<string>`''`,
          agent: by.includes('agent') ? costDays.agent : sql<string>`''`,
          kind: by.includes('kind') ? costDays.kind : sql<string>`''`,
          adapter: by.includes('adapter') ? costDays.adapter : sql<string>`''`,
          leases: sql<number>`coalesce(sum(${costDays.leases}), 0)`.mapWith(Number),
          runningSeconds: sql<number>`coalesce(sum(${costDays.runningSeconds}), 0)`.mapWith(Number),
          pausedSeconds: sql<number>`coalesce(sum(${costDays.pausedSeconds}), 0)`.mapWith(Number),
          diskMibSeconds: sql<number>`coalesce(sum(${costDays.diskMibSeconds}), 0)`.mapWith(Number),
          nanos: sql<number>`coalesce(sum(${costDays.nanos}), 0)`.mapWith(Number),
          estimateNanos: sql<number>`coalesce(sum(${costDays.estimateNanos}), 0)`.mapWith(Number),
        })
        .from(costDays)
        .where(within(costDays, organization, gte(costDays.day, from), lte(costDays.day, to)))
        .groupBy(...keys)
        .orderBy(...keys.map((key) => asc(key)))
        .limit(mostRows)
      return rows.map((row) => toCostRow(row, by))
    },
  })
}

interface Sums {
  readonly day: string
  readonly agent: string
  readonly kind: string
  readonly adapter: string
  readonly leases: number
  readonly runningSeconds: number
  readonly pausedSeconds: number
  readonly diskMibSeconds: number
  readonly nanos: number
  readonly estimateNanos: number
}

/** With the names that were asked for, and no others. */
function toCostRow({ nanos, estimateNanos, diskMibSeconds, ...row }: Sums, by: CostQuery['by']): CostRow {
  const { leases, runningSeconds, pausedSeconds } = row
  return {
    ...Object.fromEntries(by.map((name) => [name, row[name]])),
    leases,
    runningSeconds,
    pausedSeconds,
    storageGibHours: diskMibSeconds / mibSecondsPerGibHour,
    costUsd: fromNanos(nanos),
    estimateUsd: fromNanos(estimateNanos),
  }
}
