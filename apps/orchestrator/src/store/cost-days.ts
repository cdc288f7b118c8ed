import type { OrganizationId } from '@caisson/core'
import type { DayCost } from '@caisson/pricing'
import { sql } from 'drizzle-orm'
import type { Transaction } from './database.ts'
import { costDays, type leases } from './schema.ts'

/** Adds what a lease cost to the sums of its days. The lease itself, and what it was reckoned to cost, count on its first day. */
export async function addToCosts(
  transaction: Transaction,
  organization: OrganizationId,
  { row, days }: { readonly row: typeof leases.$inferSelect; readonly days: readonly DayCost[] },
): Promise<void> {
  const { agent, kind, adapter, estimateNanos } = row
  if (days.length === 0) return
  const values = days.map(({ day, runningSeconds, pausedSeconds, diskMibSeconds, nanos }, index) => ({
    organization,
    day,
    agent,
    kind,
    adapter,
    runningSeconds,
    pausedSeconds,
    diskMibSeconds,
    nanos,
    leases: index === 0 ? 1 : 0,
    estimateNanos: index === 0 ? estimateNanos : 0,
  }))
  await transaction
    .insert(costDays)
    .values(values)
    .onConflictDoUpdate({
      target: [costDays.organization, costDays.day, costDays.agent, costDays.kind, costDays.adapter],
      set: {
        leases: sql`${costDays.leases} + excluded.leases`,
        runningSeconds: sql`${costDays.runningSeconds} + excluded.running_seconds`,
        pausedSeconds: sql`${costDays.pausedSeconds} + excluded.paused_seconds`,
        diskMibSeconds: sql`${costDays.diskMibSeconds} + excluded.disk_mib_seconds`,
        nanos: sql`${costDays.nanos} + excluded.nanos`,
        estimateNanos: sql`${costDays.estimateNanos} + excluded.estimate_nanos`,
      },
    })
}
