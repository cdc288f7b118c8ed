import type { ErrorData } from '@caisson/core'
import type { ItemResult, ItemState, RetryTerms } from '@caisson/engine'
import { sql } from 'drizzle-orm'
import { foreignKey, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { atMs } from '../columns.ts'

/** Batches: what their runs do not say. Which items are due is the queue's business. */
export const batches = pgTable(
  'batches',
  {
    organization: text('organization').notNull(),
    run: text('run').notNull(),
    total: integer('total').notNull(),
    retry: json('retry').$type<RetryTerms>().notNull(),
    createdAtMs: atMs('created_at_ms').notNull(),
    endsAtMs: atMs('ends_at_ms').notNull(),
    traceparent: text('traceparent'),
    hindrance: json('hindrance').$type<ErrorData>(),
    failure: json('failure').$type<ErrorData>(),
    closed: text('closed').$type<'drain' | 'cancel' | 'end'>(),
    closedAtMs: atMs('closed_at_ms'),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.run] }),
    index('batches_by_start').on(table.organization, table.createdAtMs),
    index('batches_by_end')
      .on(table.closedAtMs)
      .where(sql`closed_at_ms is not null`),
  ],
)

export const batchItems = pgTable(
  'batch_items',
  {
    organization: text('organization').notNull(),
    run: text('run').notNull(),
    index: integer('index').notNull(),
    state: text('state').$type<ItemState>().notNull().default('waiting'),
    attempts: integer('attempts').notNull().default(0),
    /** Job and try of the queue under which it was taken. */
    token: text('token'),
    result: json('result').$type<ItemResult>().notNull().default({}),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.run, table.index] }),
    foreignKey({
      columns: [table.organization, table.run],
      foreignColumns: [batches.organization, batches.run],
    }).onDelete('cascade'),
  ],
)
