import { hourMs, OperationError, type OrganizationId } from '@caisson/core'
import { inArray, sql } from 'drizzle-orm'
import type { Transaction } from './database.ts'
import { type QuotaDefaults, wholeOrganization } from './lease-room.ts'
import { quotas, runDays } from './schema.ts'
import { within } from './scope.ts'

const dayMs = 24 * hourMs

/**
 * Counts one more run of today, for the organization and for the agent. Throws `quota-exceeded` when that is more than may be; the
 * transaction then undoes the counting. The rows that count are locked until the transaction ends, on all replicas.
 */
export async function countRun(
  transaction: Transaction,
  organization: OrganizationId,
  { agent, nowMs, defaults }: { readonly agent: string; readonly nowMs: number; readonly defaults: QuotaDefaults },
): Promise<void> {
  const names = agent === wholeOrganization ? [wholeOrganization] : [wholeOrganization, agent]
  const limits = await transaction
    .select({ agent: quotas.agent, runsPerDay: quotas.runsPerDay })
    .from(quotas)
    .where(within(quotas, organization, inArray(quotas.agent, names)))
  const day = new Date(nowMs).toISOString().slice(0, 10)
  for (const name of names) {
    const own = limits.find((row) => row.agent === name)?.runsPerDay
    const most = own ?? (name === wholeOrganization ? defaults.runsPerDay : undefined)
    const [counted] = await transaction
      .insert(runDays)
      .values({ organization, agent: name, day, runs: 1 })
      .onConflictDoUpdate({
        target: [runDays.organization, runDays.agent, runDays.day],
        set: { runs: sql`${runDays.runs} + 1` },
      })
      .returning({ runs: runDays.runs })
    if (most === undefined || (counted?.runs ?? 0) <= most) continue
    const who = name === wholeOrganization ? 'the organization' : `the agent ${name}`
    throw new OperationError('quota-exceeded', `${who} may submit ${most} runs a day, and no more`, {
      remedy: 'wait for the next day (UTC), or have the quota raised',
      retryable: true,
      retryAfterMs: dayMs - (nowMs % dayMs),
    })
  }
}
