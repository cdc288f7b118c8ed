import { hourMs, OperationError, type OrganizationId } from '@caisson/core'
import { eq, type SQL, sql } from 'drizzle-orm'
import { type QuotaDefaults, wholeOrganization } from './lease-room.ts'
import { quotas, runDays } from './schema.ts'
import { within } from './scope.ts'

const dayMs = 24 * hourMs

/** How many runs of today there are now, of how many at most. As it comes from the database. */
export type Counted = {
  /** `null`: the organization as a whole. */
  readonly name: string | null
  readonly runs: number
  readonly most: number | null
}

/**
 * Part of a statement that begins `with changed as (…)`: counts one more run of today, for the organization and for the agent, and gives
 * `Counted` for each. The rows that count are locked until the transaction ends, on all replicas.
 */
export function countPart(
  organization: OrganizationId,
  { agent, nowMs }: { readonly agent: string; readonly nowMs: number },
): { readonly part: SQL; readonly result: { readonly columns: SQL; readonly from: SQL } } {
  const whole = sql.param(wholeOrganization, runDays.agent)
  const names = agent === wholeOrganization ? sql`(${whole})` : sql`(${whole}), (${sql.param(agent, runDays.agent)})`
  const day = new Date(nowMs).toISOString().slice(0, 10)
  const most = sql`select ${quotas.runsPerDay} from ${quotas} where ${within(quotas, organization, eq(quotas.agent, sql`counted.agent`))}`
  return {
    part: sql`counted as (
      insert into run_days (organization, agent, day, runs)
      select ${organization}, given.name, ${day}, 1 from changed, (values ${names}) as given(name)
      on conflict (organization, agent, day) do update set runs = run_days.runs + 1
      returning agent, runs
    )`,
    result: {
      columns: sql`nullif(counted.agent, ${whole})::json #>> '{}' as name, counted.runs, (${most}) as most`,
      from: sql`counted`,
    },
  }
}

/** Throws `quota-exceeded` when that is more than may be; the transaction then undoes the counting. */
export function assertCounted(
  counted: readonly Counted[],
  { nowMs, defaults }: { readonly nowMs: number; readonly defaults: QuotaDefaults },
): void {
  for (const { name, runs, most: own } of counted) {
    const most = own ?? (name === null ? defaults.runsPerDay : undefined)
    if (most === undefined || runs <= most) continue
    const who = name === null ? 'the organization' : `the agent ${name}`
    throw new OperationError('quota-exceeded', `${who} may submit ${most} runs a day, and no more`, {
      remedy: 'wait for the next day (UTC), or have the quota raised',
      retryable: true,
      retryAfterMs: dayMs - (nowMs % dayMs),
    })
  }
}
