import { hourMs, OperationError, type OrganizationId } from '@caisson/core'
import { and, DrizzleQueryError, eq, inArray, type SQL, sql } from 'drizzle-orm'
import { DatabaseError } from 'pg'
import type { Database } from './database.ts'
import { type QuotaDefaults, wholeOrganization } from './lease-room.ts'
import { quotas, runDays } from './schema.ts'
import { within } from './scope.ts'

export interface Counting {
  readonly organization: OrganizationId
  readonly agent: string
  readonly nowMs: number
  readonly defaults: QuotaDefaults
}

const dayMs = 24 * hourMs

/**
 * Part of a statement that begins `with changed as (…)`: counts one more run of today, for the organization and for the agent. When that is
 * more than may be, the table refuses it and with it the whole statement. The rows that count are locked meanwhile, on all replicas.
 */
export function countPart({ organization, agent, nowMs, defaults }: Counting): SQL {
  const most = sql`select ${quotas.runsPerDay} from ${quotas} where ${within(quotas, organization, eq(quotas.agent, sql`given.name`))}`
  const whole = sql`(${sql.param(wholeOrganization, runDays.agent)}, ${defaults.runsPerDay ?? null}::integer)`
  const own = sql`(${sql.param(agent, runDays.agent)}, null)`
  return sql`counted as (
      insert into run_days (organization, agent, day, runs, most)
      select ${organization}, given.name, ${dayOf(nowMs)}, 1, coalesce((${most}), given.most)
      from changed, (values ${agent === wholeOrganization ? whole : sql`${whole}, ${own}`}) as given(name, most)
      on conflict (organization, agent, day) do update set runs = run_days.runs + 1, most = excluded.most
    )`
}

/** What a refused count is to the one who wanted it; every other error is what it is. */
export async function fromCountError(database: Database, error: unknown, counting: Counting): Promise<unknown> {
  const cause = error instanceof DrizzleQueryError ? error.cause : undefined
  if (!(cause instanceof DatabaseError) || cause.constraint !== 'run_days_within_quota') return error
  const { organization, agent, nowMs, defaults } = counting
  const rows = await database
    .select({ name: quotas.agent, most: quotas.runsPerDay, runs: runDays.runs })
    .from(quotas)
    .leftJoin(
      runDays,
      and(within(runDays, organization, eq(runDays.day, dayOf(nowMs))), eq(runDays.agent, quotas.agent)),
    )
    .where(within(quotas, organization, inArray(quotas.agent, [wholeOrganization, agent])))
  const own = rows.find(({ name, most, runs }) => name === agent && most !== null && (runs ?? 0) >= most)
  const all = rows.find(({ name }) => name === wholeOrganization)
  const most = own?.most ?? all?.most ?? defaults.runsPerDay
  const who = own === undefined || agent === wholeOrganization ? 'the organization' : `the agent ${agent}`
  return new OperationError('quota-exceeded', `${who} may submit ${most} runs a day, and no more`, {
    remedy: 'wait for the next day (UTC), or have the quota raised',
    retryable: true,
    retryAfterMs: dayMs - (nowMs % dayMs),
    cause,
  })
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}
