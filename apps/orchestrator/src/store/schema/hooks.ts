import type { HookEventType } from '@caisson/api/schemas'
import { sql } from 'drizzle-orm'
import { boolean, foreignKey, index, integer, json, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { anyText, atMs } from '../columns.ts'

/** Whom an organization wants told, of everything or of one run. The secret is derived and kept nowhere. */
export const hooks = pgTable(
  'hooks',
  {
    organization: text('organization').notNull(),
    id: text('id').notNull(),
    url: text('url').notNull(),
    events: json('events').$type<readonly HookEventType[]>().notNull(),
    createdAtMs: atMs('created_at_ms').notNull(),
    /** Told of this run alone, until it is finished. */
    run: text('run'),
    /** The key that submitted it. */
    key: anyText('key'),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.id] }),
    uniqueIndex('hooks_by_run').on(table.organization, table.run),
  ],
)

/** What is still to be told to a hook, or was. */
export const hookDeliveries = pgTable(
  'hook_deliveries',
  {
    organization: text('organization').notNull(),
    hook: text('hook').notNull(),
    /** Follows from what is told, so that nothing is told twice. */
    id: text('id').notNull(),
    body: anyText('body').notNull(),
    attempts: integer('attempts').notNull(),
    nextAtMs: atMs('next_at_ms').notNull(),
    endedAtMs: atMs('ended_at_ms'),
    delivered: boolean('delivered').notNull(),
    error: anyText('error'),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.hook, table.id] }),
    foreignKey({
      columns: [table.organization, table.hook],
      foreignColumns: [hooks.organization, hooks.id],
    }).onDelete('cascade'),
    index('hook_deliveries_due')
      .on(table.nextAtMs)
      .where(sql`ended_at_ms is null`),
  ],
)
