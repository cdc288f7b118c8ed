import type { Approval } from '@caisson/core'
import { bigint, index, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { anyText } from '../columns.ts'

export const approvals = pgTable(
  'approvals',
  {
    organization: text('organization').notNull(),
    id: text('id').notNull(),
    place: bigint('place', { mode: 'number' }).generatedAlwaysAsIdentity(),
    state: text('state').$type<Approval['state']>().notNull(),
    decidedBy: anyText('decided_by'),
    reason: anyText('reason'),
    approval: json('approval').$type<Approval>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.id] }),
    index('approvals_by_place').on(table.organization, table.place),
    index('approvals_by_state').on(table.organization, table.state, table.place),
  ],
)
