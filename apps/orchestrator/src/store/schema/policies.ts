import { bigint, index, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { anyText, atMs } from '../columns.ts'

/** Every policy by which something of an organization was decided, or that one of its admins stored. Never changed. */
export const policies = pgTable(
  'policies',
  {
    organization: text('organization').notNull(),
    hash: text('hash').notNull(),
    place: bigint('place', { mode: 'number' }).generatedAlwaysAsIdentity(),
    name: text('name').notNull(),
    version: anyText('version').notNull(),
    document: json('document').$type<object>().notNull(),
    /** The policy of the service that held as well. */
    service: json('service').$type<object>(),
    /** Who stored it. Absent: it came from the service. */
    storedBy: anyText('stored_by'),
    storedAtMs: atMs('stored_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.hash] }),
    index('policies_by_place').on(table.organization, table.place),
  ],
)

/** Which policy an organization chose, and when. The last one is in force; without a hash it is the one of the service. */
export const policyChoices = pgTable(
  'policy_choices',
  {
    organization: text('organization').notNull(),
    place: bigint('place', { mode: 'number' }).generatedAlwaysAsIdentity(),
    hash: text('hash'),
    chosenBy: anyText('chosen_by').notNull(),
    chosenAtMs: atMs('chosen_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization, table.place] })],
)
