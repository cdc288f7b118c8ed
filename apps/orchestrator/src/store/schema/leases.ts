import type { Price } from '@caisson/core'
import type { Pause } from '@caisson/engine'
import { sql } from 'drizzle-orm'
import { bigint, doublePrecision, index, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { anyText, atMs } from '../columns.ts'

export const leases = pgTable(
  'leases',
  {
    organization: text('organization').notNull(),
    id: text('id').notNull(),
    run: text('run').notNull(),
    slot: anyText('slot').notNull(),
    adapter: text('adapter').notNull(),
    sandbox: text('sandbox'),
    owner: text('owner').notNull(),
    startedAtMs: atMs('started_at_ms').notNull(),
    endedAtMs: atMs('ended_at_ms'),
    costUsd: doublePrecision('cost_usd'),
    agent: anyText('agent')
      .notNull()
      .default(sql`'""'`),
    kind: text('kind').notNull().default(''),
    cpus: doublePrecision('cpus').notNull().default(0),
    memoryBytes: bigint('memory_bytes', { mode: 'number' }).notNull().default(0),
    diskBytes: bigint('disk_bytes', { mode: 'number' }).notNull().default(0),
    price: json('price').$type<Price>(),
    /** When it ends by itself, unless it is prolonged. */
    expiresAtMs: atMs('expires_at_ms'),
    /** When the sandbox was last seen. */
    seenAtMs: atMs('seen_at_ms'),
    /** Pauses, in order: the last may last. */
    pauses: json('pauses').$type<Pause[]>().notNull().default([]),
    estimateNanos: bigint('estimate_nanos', { mode: 'number' }).notNull().default(0),
    /** What it can cost at most, kept back from the budgets. */
    reservedNanos: bigint('reserved_nanos', { mode: 'number' }).notNull().default(0),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.id] }),
    index('leases_by_run').on(table.organization, table.run),
    index('leases_open')
      .on(table.organization, table.startedAtMs)
      .where(sql`ended_at_ms is null`),
    index('leases_by_start').on(table.organization, table.startedAtMs),
    index('leases_by_sandbox')
      .on(table.adapter, table.sandbox)
      .where(sql`ended_at_ms is null`),
  ],
)
