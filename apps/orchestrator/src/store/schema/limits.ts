import { sql } from 'drizzle-orm'
import { bigint, check, doublePrecision, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { anyText } from '../columns.ts'

/** What an organization, or one agent within it, may have. An empty name is the organization as a whole. */
export const quotas = pgTable(
  'quotas',
  {
    organization: text('organization').notNull(),
    agent: anyText('agent').notNull(),
    sandboxes: integer('sandboxes'),
    createsPerMinute: integer('creates_per_minute'),
    cpus: doublePrecision('cpus'),
    memoryBytes: bigint('memory_bytes', { mode: 'number' }),
    runsPerDay: integer('runs_per_day'),
  },
  (table) => [primaryKey({ columns: [table.organization, table.agent] })],
)

/** Runs that were submitted, by day. An empty name of an agent is the organization as a whole. */
export const runDays = pgTable(
  'run_days',
  {
    organization: text('organization').notNull(),
    agent: anyText('agent').notNull(),
    day: text('day').notNull(),
    runs: integer('runs').notNull(),
    /** How many there might be when the last one was counted. */
    most: integer('most'),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.agent, table.day] }),
    check('run_days_within_quota', sql`runs <= most`),
  ],
)

/** What an organization, or one agent within it, may spend in a calendar month. An empty name is the organization as a whole. */
export const budgets = pgTable(
  'budgets',
  {
    organization: text('organization').notNull(),
    agent: anyText('agent').notNull(),
    softUsd: doublePrecision('soft_usd'),
    hardUsd: doublePrecision('hard_usd'),
    /** The month for which a warning was given. */
    warnedMonth: text('warned_month'),
  },
  (table) => [primaryKey({ columns: [table.organization, table.agent] })],
)
