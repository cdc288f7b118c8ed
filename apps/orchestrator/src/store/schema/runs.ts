import type { Operation, OperationKind, Run, RunStatus } from '@caisson/core'
import type { Requester } from '@caisson/engine'
import { sql } from 'drizzle-orm'
import { bigint, boolean, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { atMs } from '../columns.ts'

export const runs = pgTable(
  'runs',
  {
    organization: text('organization').notNull(),
    id: text('id').notNull(),
    /** Order of submission. */
    place: bigint('place', { mode: 'number' }).generatedAlwaysAsIdentity(),
    kind: text('kind').$type<OperationKind>().notNull(),
    status: text('status').$type<RunStatus>().notNull(),
    run: json('run').$type<Run>().notNull(),
    operation: json('operation').$type<Operation>().notNull(),
    operationHash: text('operation_hash').notNull(),
    requester: json('requester').$type<Requester>().notNull(),
    approval: text('approval'),
    cancelRequested: boolean('cancel_requested').notNull(),
    claimOwner: text('claim_owner'),
    claimUntilMs: atMs('claim_until_ms'),
    finishedAtMs: atMs('finished_at_ms'),
    version: integer('version').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.id] }),
    index('runs_by_place').on(table.organization, table.place),
    index('runs_by_status').on(table.organization, table.status, table.place),
    index('runs_unfinished')
      .on(table.place)
      .where(sql`status in ('queued', 'awaiting-approval', 'running')`),
  ],
)
