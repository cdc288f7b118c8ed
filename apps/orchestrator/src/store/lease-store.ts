import { leaseIdSchema, organizationIdSchema, runIdSchema, sandboxIdSchema } from '@caisson/core'
import type { Lease, LeaseStore } from '@caisson/engine'
import { and, asc, eq, isNull } from 'drizzle-orm'
import type { Database } from './database.ts'
import { leases } from './schema.ts'
import { within } from './scope.ts'

export function createLeaseStore(database: Database): LeaseStore {
  return {
    open: async (lease) => {
      await database.insert(leases).values(lease)
    },
    attach: async (organization, id, sandbox) => {
      await database
        .update(leases)
        .set({ sandbox })
        .where(within(leases, organization, eq(leases.id, id)))
    },
    end: async (organization, id, end) => {
      await database
        .update(leases)
        .set(end)
        .where(within(leases, organization, eq(leases.id, id), isNull(leases.endedAtMs)))
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

function toLease(row: typeof leases.$inferSelect): Lease {
  const { organization, id, run, slot, adapter, sandbox, owner, startedAtMs, endedAtMs, costUsd } = row
  return {
    id: leaseIdSchema.parse(id),
    organization: organizationIdSchema.parse(organization),
    run: runIdSchema.parse(run),
    slot,
    adapter,
    owner,
    startedAtMs,
    ...(sandbox === null ? {} : { sandbox: sandboxIdSchema.parse(sandbox) }),
    ...(endedAtMs === null ? {} : { endedAtMs }),
    ...(costUsd === null ? {} : { costUsd }),
  }
}
