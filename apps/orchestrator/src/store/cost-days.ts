import type { Lease } from '@caisson/engine'
import { type DayCost, toNanos } from '@caisson/pricing'
import { type SQL, sql } from 'drizzle-orm'
import { costDays } from './schema.ts'

/**
 * Part of a statement that begins `with changed as (…)`: adds what a lease cost to the sums of its days. The lease itself, and what it was
 * reckoned to cost, count on its first day.
 */
export function costPart({ organization, agent, kind, adapter, estimateUsd }: Lease, days: readonly DayCost[]): SQL {
  const rows = days.map(
    ({ day, runningSeconds, pausedSeconds, diskMibSeconds, nanos }, index) =>
      sql`(${day}, ${index === 0 ? 1 : 0}::int, ${runningSeconds}::bigint, ${pausedSeconds}::bigint, ${diskMibSeconds}::bigint, ${nanos}::bigint, ${index === 0 ? toNanos(estimateUsd) : 0}::bigint)`,
  )
  return sql`cost as (
      insert into cost_days (organization, agent, kind, adapter, day, leases, running_seconds, paused_seconds, disk_mib_seconds, nanos, estimate_nanos)
      select ${organization}, ${sql.param(agent, costDays.agent)}, ${kind}, ${adapter}, given.* from changed, (values ${sql.join(rows, sql`, `)}) as given
      on conflict (organization, day, agent, kind, adapter) do update set
        leases = cost_days.leases + excluded.leases,
        running_seconds = cost_days.running_seconds + excluded.running_seconds,
        paused_seconds = cost_days.paused_seconds + excluded.paused_seconds,
        disk_mib_seconds = cost_days.disk_mib_seconds + excluded.disk_mib_seconds,
        nanos = cost_days.nanos + excluded.nanos,
        estimate_nanos = cost_days.estimate_nanos + excluded.estimate_nanos
    )`
}
