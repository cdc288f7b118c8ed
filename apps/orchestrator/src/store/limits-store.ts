import type { Budget, BudgetState, Quota } from '@caisson/api/schemas'
import type { OrganizationId } from '@caisson/core'
import { fromNanos } from '@caisson/pricing'
import { asc, eq } from 'drizzle-orm'
import { withDatabaseErrors } from './database-errors.ts'
import type { Database } from './database.ts'
import { committedNanos, monthOf } from './lease-room.ts'
import { budgets, quotas } from './schema.ts'
import { within } from './scope.ts'

/** Quotas and budgets of an organization and of its agents. An empty name is the organization as a whole. */
export interface LimitsStore {
  readonly quotas: (organization: OrganizationId) => Promise<readonly Quota[]>
  /** Replaces what was set. A limit that is absent does not hold. */
  readonly setQuota: (organization: OrganizationId, quota: Quota) => Promise<void>
  /** With what is spent and kept back in this month. */
  readonly budgets: (organization: OrganizationId) => Promise<readonly BudgetState[]>
  readonly setBudget: (organization: OrganizationId, budget: Budget) => Promise<void>
  /** What the organization as a whole may still spend in this month; `undefined`: no limit. */
  readonly remainingUsd: (organization: OrganizationId) => Promise<number | undefined>
}

export function createLimitsStore(database: Database): LimitsStore {
  const stateOf = async (
    organization: OrganizationId,
    agent: string,
  ): Promise<{ month: string; committedUsd: number }> => {
    const month = monthOf(Date.now())
    return { month, committedUsd: fromNanos(await committedNanos(database, { organization, agent, month })) }
  }
  const toState = async (
    organization: OrganizationId,
    { agent, softUsd, hardUsd }: typeof budgets.$inferSelect,
  ): Promise<BudgetState> => ({ agent, ...present({ softUsd, hardUsd }), ...(await stateOf(organization, agent)) })
  return withDatabaseErrors<LimitsStore>({
    quotas: async (organization) => {
      const rows = await database.select().from(quotas).where(within(quotas, organization)).orderBy(asc(quotas.agent))
      return rows.map(toQuota)
    },
    setQuota: async (organization, { agent, ...limits }) => {
      const row = {
        sandboxes: limits.sandboxes ?? null,
        createsPerMinute: limits.createsPerMinute ?? null,
        cpus: limits.cpus ?? null,
        memoryBytes: limits.memoryBytes ?? null,
        runsPerDay: limits.runsPerDay ?? null,
      }
      await database
        .insert(quotas)
        .values({ organization, agent, ...row })
        .onConflictDoUpdate({ target: [quotas.organization, quotas.agent], set: row })
    },
    budgets: async (organization) => {
      const rows = await database
        .select()
        .from(budgets)
        .where(within(budgets, organization))
        .orderBy(asc(budgets.agent))
      return await Promise.all(rows.map(async (row) => await toState(organization, row)))
    },
    setBudget: async (organization, { agent, softUsd, hardUsd }) => {
      // A new line is warned of anew.
      const row = { softUsd: softUsd ?? null, hardUsd: hardUsd ?? null, warnedMonth: null }
      await database
        .insert(budgets)
        .values({ organization, agent, ...row })
        .onConflictDoUpdate({ target: [budgets.organization, budgets.agent], set: row })
    },
    remainingUsd: async (organization) => {
      const [row] = await database
        .select({ hardUsd: budgets.hardUsd })
        .from(budgets)
        .where(within(budgets, organization, eq(budgets.agent, '')))
      if (row === undefined || row.hardUsd === null) return undefined
      return Math.max(0, row.hardUsd - (await stateOf(organization, '')).committedUsd)
    },
  })
}

function toQuota(row: typeof quotas.$inferSelect): Quota {
  const { agent, sandboxes, createsPerMinute, cpus, memoryBytes, runsPerDay } = row
  return { agent, ...present({ sandboxes, createsPerMinute, cpus, memoryBytes, runsPerDay }) }
}

type Present<Row> = { [Name in keyof Row]?: NonNullable<Row[Name]> }

function present<Row extends Record<string, number | null>>(row: Row): Present<Row>
function present(row: Record<string, number | null>): Record<string, number> {
  return Object.fromEntries(Object.entries(row).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}
