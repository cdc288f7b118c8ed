import type { ApiServices, Scope } from '@caisson/api'
import type { AuditEvent } from '@caisson/engine'
import type { KeyStore } from '../keys/key-store.ts'
import type { CostStore } from '../store/cost-store.ts'
import type { LimitsStore } from '../store/limits-store.ts'
import type { PostgresAuditStore } from '../store/audit-store.ts'

export interface OrganizationServicesParts {
  readonly keys: KeyStore
  readonly limits: LimitsStore
  readonly costs: CostStore
  readonly audit: PostgresAuditStore
}

/** What an organization does with itself: its keys, limits, costs and audit log. What changes something is accounted for. */
export function createOrganizationServices({
  keys,
  limits,
  costs,
  audit,
}: OrganizationServicesParts): Pick<ApiServices, 'keys' | 'limits' | 'cost' | 'audit'> {
  const account = async (scope: Scope, action: AuditEvent['action'], details: AuditEvent['details']): Promise<void> => {
    await audit.append({ organization: scope.organization, atMs: Date.now(), action, actor: scope.agent, details })
  }
  return {
    keys: {
      create: async (key, scope) => {
        const created = await keys.create(key, scope.organization)
        await account(scope, 'key.created', { key: created.id, name: created.name, role: created.role })
        return created
      },
      rotate: async (id, overlapMs, scope) => {
        const created = await keys.rotate(id, overlapMs, scope.organization)
        if (created !== undefined) await account(scope, 'key.rotated', { key: id, by: created.id, overlapMs })
        return created
      },
      list: async (scope) => await keys.list(scope.organization),
      revoke: async (id, scope) => {
        const result = await keys.revoke(id, scope.organization)
        if (result === 'revoked') await account(scope, 'key.revoked', { key: id })
        return result
      },
    },
    limits: {
      quotas: async (scope) => await limits.quotas(scope.organization),
      setQuota: async (quota, scope) => {
        await limits.setQuota(scope.organization, quota)
        await account(scope, 'quota.set', present(quota))
      },
      budgets: async (scope) => await limits.budgets(scope.organization),
      setBudget: async (budget, scope) => {
        await limits.setBudget(scope.organization, budget)
        await account(scope, 'budget.set', present(budget))
      },
    },
    cost: async (query, { organization }) => await costs.report(organization, query),
    audit: {
      list: async ({ organization }, range) => await audit.chain(organization, range),
      head: async ({ organization }) => ({ organization, ...(await audit.head(organization)) }),
    },
  }
}

function present(limits: Readonly<Record<string, string | number | undefined>>): AuditEvent['details'] {
  return Object.fromEntries(
    Object.entries(limits).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
