import { bigint, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { anyText } from '../columns.ts'

/** What leases cost, added up when they end. */
export const costDays = pgTable(
  'cost_days',
  {
    organization: text('organization').notNull(),
    day: text('day').notNull(),
    agent: anyText('agent').notNull(),
    kind: text('kind').notNull(),
    adapter: text('adapter').notNull(),
    leases: integer('leases').notNull(),
    runningSeconds: bigint('running_seconds', { mode: 'number' }).notNull(),
    pausedSeconds: bigint('paused_seconds', { mode: 'number' }).notNull(),
    /** MiB times seconds. */
    diskMibSeconds: bigint('disk_mib_seconds', { mode: 'number' }).notNull().default(0),
    nanos: bigint('nanos', { mode: 'number' }).notNull(),
    estimateNanos: bigint('estimate_nanos', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization, table.day, table.agent, table.kind, table.adapter] })],
)
