import type { RunEvent } from '@caisson/core'
import { bigint, foreignKey, index, integer, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { anyText, atMs } from '../columns.ts'

/** Where the log of a run ends. Its row is the lock under which events get their numbers. */
export const eventLogs = pgTable(
  'event_logs',
  {
    organization: text('organization').notNull(),
    run: text('run').notNull(),
    lastSequence: integer('last_sequence').notNull(),
    storedBytes: bigint('stored_bytes', { mode: 'number' }).notNull(),
    appendedAtMs: atMs('appended_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.run] }),
    index('event_logs_by_age').on(table.appendedAtMs),
  ],
)

export const events = pgTable(
  'events',
  {
    organization: text('organization').notNull(),
    run: text('run').notNull(),
    sequence: integer('sequence').notNull(),
    event: json('event').$type<RunEvent>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.run, table.sequence] }),
    foreignKey({
      columns: [table.organization, table.run],
      foreignColumns: [eventLogs.organization, eventLogs.run],
    }).onDelete('cascade'),
  ],
)

/** Where the output of each source ends. */
export const eventSources = pgTable(
  'event_sources',
  {
    organization: text('organization').notNull(),
    run: text('run').notNull(),
    source: anyText('source').notNull(),
    nextOffset: bigint('next_offset', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.run, table.source] }),
    foreignKey({
      columns: [table.organization, table.run],
      foreignColumns: [eventLogs.organization, eventLogs.run],
    }).onDelete('cascade'),
  ],
)
