import { type Approval, OperationError } from '@caisson/core'
import type { ApprovalStore } from '@caisson/engine'
import { desc, eq } from 'drizzle-orm'
import type { Database } from './database.ts'
import { approvals } from './schema.ts'
import { within } from './scope.ts'

const maxListed = 200

export function createApprovalStore(database: Database): ApprovalStore {
  return {
    create: async (approval) => {
      const { organization, id, state } = approval
      const stored = await database
        .insert(approvals)
        .values({ organization, id, state, approval })
        .onConflictDoNothing()
        .returning({ id: approvals.id })
      if (stored.length === 0) throw new OperationError('conflict', `there is an approval ${id} already`)
    },

    get: async (organization, id) => {
      const [row] = await database
        .select()
        .from(approvals)
        .where(within(approvals, organization, eq(approvals.id, id)))
      return row === undefined ? undefined : toApproval(row)
    },

    list: async (organization, { state } = {}) => {
      const rows = await database
        .select()
        .from(approvals)
        .where(within(approvals, organization, state === undefined ? undefined : eq(approvals.state, state)))
        .orderBy(desc(approvals.place))
        .limit(maxListed)
      return rows.map(toApproval)
    },

    update: async (organization, id, change) =>
      await database.transaction(async (transaction) => {
        const own = within(approvals, organization, eq(approvals.id, id))
        const [row] = await transaction.select().from(approvals).where(own).for('update')
        const next = row === undefined ? undefined : change(toApproval(row))
        if (next === undefined) return undefined
        await transaction
          .update(approvals)
          .set({ approval: next, state: next.state, decidedBy: next.decidedBy ?? null, reason: next.reason ?? null })
          .where(own)
        return next
      }),
  }
}

function toApproval({ approval, state, decidedBy, reason }: typeof approvals.$inferSelect): Approval {
  return {
    ...approval,
    state,
    ...(decidedBy === null ? {} : { decidedBy }),
    ...(reason === null ? {} : { reason }),
  }
}
