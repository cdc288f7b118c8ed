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

    transition: async (organization, id, { from, to, decidedBy, reason }) => {
      const [row] = await database
        .update(approvals)
        .set({
          state: to,
          ...(decidedBy === undefined ? {} : { decidedBy }),
          ...(reason === undefined ? {} : { reason }),
        })
        .where(within(approvals, organization, eq(approvals.id, id), eq(approvals.state, from)))
        .returning()
      return row === undefined ? undefined : toApproval(row)
    },
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
