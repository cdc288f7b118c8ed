import type { AuditEvent } from '@caisson/engine'
import { bigint, index, json, pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { bytes } from '../columns.ts'

export const audit = pgTable(
  'audit',
  {
    organization: text('organization').notNull(),
    place: bigint('place', { mode: 'number' }).generatedAlwaysAsIdentity(),
    run: text('run'),
    /** Place in the chain of the organization, from 1 without gaps. */
    sequence: bigint('sequence', { mode: 'number' }).notNull(),
    /** SHA-256 of the hash before it, and of this sequence and event as text. */
    hash: bytes('hash').notNull(),
    event: json('event').$type<AuditEvent>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.place] }),
    uniqueIndex('audit_by_sequence').on(table.organization, table.sequence),
    index('audit_by_run').on(table.organization, table.run, table.place),
  ],
)

/** Where the chain of each organization ends. Its row is the lock under which events get their places. */
export const auditHeads = pgTable('audit_heads', {
  organization: text('organization').primaryKey(),
  sequence: bigint('sequence', { mode: 'number' }).notNull(),
  hash: bytes('hash').notNull(),
})
