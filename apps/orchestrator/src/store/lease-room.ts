import { minuteMs, OperationError, type OrganizationId, secondMs } from '@caisson/core'
import type { Lease } from '@caisson/engine'
import { fromNanos, toNanos } from '@caisson/pricing'
import { and, eq, gt, gte, inArray, isNull, sql, sum } from 'drizzle-orm'
import type { Transaction } from './database.ts'
import { budgets, costDays, leases, quotas } from './schema.ts'
import { within } from './scope.ts'

/** What holds for organizations that nothing else was set for. */
export interface QuotaDefaults {
  readonly sandboxes?: number | undefined
  readonly createsPerMinute?: number | undefined
  readonly cpus?: number | undefined
  readonly memoryBytes?: number | undefined
  readonly runsPerDay?: number | undefined
}

export interface BudgetWarning {
  readonly organization: OrganizationId
  /** Empty: the organization as a whole. */
  readonly agent: string
  readonly month: string
  readonly softUsd: number
  readonly committedUsd: number
}

interface Wanted {
  readonly lease: Lease
  readonly reservedNanos: number
  readonly defaults: QuotaDefaults
  /** It has its place already and wants to stay longer. */
  readonly budgetOnly?: boolean
}

/** Name of the organization as a whole among those of its agents. */
export const wholeOrganization = ''
/** When a sandbox ends nobody knows; it is worth asking again soon. */
const retryAfterMs = secondMs

/** Everything that needs room of an organization is done one after the other, on all replicas. Held until the transaction ends. */
export async function lockOrganization(transaction: Transaction, organization: OrganizationId): Promise<void> {
  await transaction.execute(sql`select pg_advisory_xact_lock(hashtextextended(${organization}, 7718))`)
}

/** Throws `quota-exceeded` unless quotas and budgets have room for the lease. Gives the budgets whose warning line it crosses. */
export async function assertRoom(transaction: Transaction, wanted: Wanted): Promise<readonly BudgetWarning[]> {
  if (wanted.budgetOnly !== true) await assertQuotas(transaction, wanted)
  return await assertBudgets(transaction, wanted)
}

async function assertQuotas(transaction: Transaction, { lease, defaults }: Wanted): Promise<void> {
  const { organization, agent, cpus, memoryBytes, startedAtMs } = lease
  const names = agent === wholeOrganization ? [wholeOrganization] : [wholeOrganization, agent]
  const rows = await transaction
    .select()
    .from(quotas)
    .where(within(quotas, organization, inArray(quotas.agent, names)))
  const isOf = sql`${leases.agent} = ${sql.param(agent, leases.agent)}`
  const total = (what: typeof leases.cpus | typeof leases.memoryBytes) => ({
    all: sql<number>`coalesce(sum(${what}), 0)`.mapWith(Number),
    own: sql<number>`coalesce(sum(${what}) filter (where ${isOf}), 0)`.mapWith(Number),
  })
  const count = {
    all: sql<number>`count(*)`.mapWith(Number),
    own: sql<number>`count(*) filter (where ${isOf})`.mapWith(Number),
  }
  const cpu = total(leases.cpus)
  const memory = total(leases.memoryBytes)
  const [open] = await transaction
    .select({
      all: count.all,
      own: count.own,
      cpusAll: cpu.all,
      cpusOwn: cpu.own,
      memoryAll: memory.all,
      memoryOwn: memory.own,
    })
    .from(leases)
    .where(within(leases, organization, isNull(leases.endedAtMs)))
  const [made] = await transaction
    .select(count)
    .from(leases)
    .where(within(leases, organization, gt(leases.startedAtMs, startedAtMs - minuteMs)))
  if (open === undefined || made === undefined) throw new Error('counting gave no row')

  const defaultsFor = (name: string): QuotaDefaults => (name === wholeOrganization ? defaults : {})
  for (const name of names) {
    const row = rows.find((candidate) => candidate.agent === name)
    const fallback = defaultsFor(name)
    const whole = name === wholeOrganization
    const who = whole ? 'the organization' : `the agent ${name}`
    const limit = (own: number | null | undefined, other: number | undefined) => own ?? other ?? Infinity
    const check = (used: number, most: number, what: string): void => {
      if (used > most) throw exceeded(`${who} may have ${most} ${what}, and no more`)
    }
    check((whole ? open.all : open.own) + 1, limit(row?.sandboxes, fallback.sandboxes), 'sandboxes at one time')
    check((whole ? open.cpusAll : open.cpusOwn) + cpus, limit(row?.cpus, fallback.cpus), 'CPUs at one time')
    check(
      (whole ? open.memoryAll : open.memoryOwn) + memoryBytes,
      limit(row?.memoryBytes, fallback.memoryBytes),
      'bytes of memory at one time',
    )
    check(
      (whole ? made.all : made.own) + 1,
      limit(row?.createsPerMinute, fallback.createsPerMinute),
      'new sandboxes in a minute',
    )
  }
}

async function assertBudgets(
  transaction: Transaction,
  { lease, reservedNanos }: Wanted,
): Promise<readonly BudgetWarning[]> {
  const { organization, agent, startedAtMs } = lease
  const rows = await transaction
    .select()
    .from(budgets)
    .where(within(budgets, organization, inArray(budgets.agent, [wholeOrganization, agent])))
  const month = monthOf(startedAtMs)
  const warnings: BudgetWarning[] = []
  for (const { agent: name, softUsd, hardUsd, warnedMonth } of rows) {
    const committed = (await committedNanos(transaction, { organization, agent: name, month })) + reservedNanos
    if (hardUsd !== null && committed > toNanos(hardUsd)) {
      const who = name === wholeOrganization ? 'the organization' : `the agent ${name}`
      throw new OperationError(
        'quota-exceeded',
        `the budget of ${who} for ${month}, $${hardUsd}, has no room for this`,
        {
          field: 'budget',
          remedy: 'ask for less time or fewer resources, end what runs, or raise the budget',
        },
      )
    }
    if (softUsd === null || committed <= toNanos(softUsd) || warnedMonth === month) continue
    await transaction
      .update(budgets)
      .set({ warnedMonth: month })
      .where(within(budgets, organization, eq(budgets.agent, name)))
    warnings.push({ organization, agent: name, month, softUsd, committedUsd: fromNanos(committed) })
  }
  return warnings
}

/** What was spent in a month, and what open leases may still cost. */
export async function committedNanos(
  transaction: Pick<Transaction, 'select' | 'execute'>,
  {
    organization,
    agent,
    month,
  }: { readonly organization: OrganizationId; readonly agent: string; readonly month: string },
): Promise<number> {
  const own = agent !== wholeOrganization
  const spent = transaction
    .select({ nanos: sum(costDays.nanos) })
    .from(costDays)
    .where(
      within(costDays, organization, gte(costDays.day, `${month}-01`), own ? eq(costDays.agent, agent) : undefined),
    )
  const reserved = transaction
    .select({ nanos: sum(leases.reservedNanos) })
    .from(leases)
    .where(within(leases, organization, and(isNull(leases.endedAtMs), own ? eq(leases.agent, agent) : undefined)))
  // One statement: a lease that ends meanwhile is in the one sum or in the other, and never in neither.
  const { rows } = await transaction.execute(sql`select coalesce(${spent}, 0) + coalesce(${reserved}, 0) as nanos`)
  return Number(rows[0]?.['nanos'])
}

/** `2026-11` */
export function monthOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 7)
}

function exceeded(message: string): OperationError {
  return new OperationError('quota-exceeded', message, {
    remedy: 'end some, or let their time run out',
    retryable: true,
    retryAfterMs,
  })
}
