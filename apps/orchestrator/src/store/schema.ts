import type { Approval, Operation, OperationKind, Run, RunEvent, RunStatus } from '@caisson/core'
import type { AuditEvent, Requester } from '@caisson/engine'
import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  doublePrecision,
  foreignKey,
  index,
  integer,
  json,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
} from 'drizzle-orm/pg-core'
import { anyText, atMs, bytes } from './columns.ts'

// Documents are `json` and not `jsonb`: only the former keeps every string that a caller can send, NUL included.

/** What is true of the whole database. One row. */
export const state = pgTable('state', {
  only: boolean('only').primaryKey().default(true),
  id: text('id').notNull(),
})

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

export const artifacts = pgTable(
  'artifacts',
  {
    organization: text('organization').notNull(),
    id: text('id').notNull(),
    run: text('run').notNull(),
    path: anyText('path').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    sha256: text('sha256').notNull(),
    /** False while its bytes are on their way. */
    complete: boolean('complete').notNull(),
    createdAtMs: atMs('created_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.id] }),
    index('artifacts_incomplete')
      .on(table.createdAtMs)
      .where(sql`not complete`),
  ],
)

export const artifactChunks = pgTable(
  'artifact_chunks',
  {
    organization: text('organization').notNull(),
    artifact: text('artifact').notNull(),
    index: integer('index').notNull(),
    bytes: bytes('bytes').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.artifact, table.index] }),
    foreignKey({
      columns: [table.organization, table.artifact],
      foreignColumns: [artifacts.organization, artifacts.id],
    }).onDelete('cascade'),
  ],
)

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
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.id] }),
    index('leases_by_run').on(table.organization, table.run),
    index('leases_open')
      .on(table.organization, table.startedAtMs)
      .where(sql`ended_at_ms is null`),
    index('leases_by_sandbox')
      .on(table.adapter, table.sandbox)
      .where(sql`ended_at_ms is null`),
  ],
)

export const audit = pgTable(
  'audit',
  {
    organization: text('organization').notNull(),
    place: bigint('place', { mode: 'number' }).generatedAlwaysAsIdentity(),
    run: text('run').notNull(),
    event: json('event').$type<AuditEvent>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.place] }),
    index('audit_by_run').on(table.organization, table.run, table.place),
  ],
)

/** Engines and until when they live unless they say so again. */
export const owners = pgTable('owners', {
  id: text('id').primaryKey(),
  untilMs: atMs('until_ms').notNull(),
})

export const apiKeys = pgTable(
  'api_keys',
  {
    organization: text('organization').notNull(),
    id: text('id').notNull(),
    name: text('name').notNull(),
    role: text('role', { enum: ['agent', 'operator', 'admin'] }).notNull(),
    prefix: text('prefix').notNull(),
    /** SHA-256 of the key. */
    hash: bytes('hash').notNull(),
    createdAtMs: atMs('created_at_ms').notNull(),
    revokedAtMs: atMs('revoked_at_ms'),
  },
  (table) => [primaryKey({ columns: [table.organization, table.id] }), uniqueIndex('api_keys_by_hash').on(table.hash)],
)

/** Secrets from which others are derived. */
export const serviceSecrets = pgTable('service_secrets', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
})

/** What the gateways for vendors' clients know beside what engine and adapters do. */
export const gatewayRecords = pgTable(
  'gateway_records',
  {
    organization: text('organization').notNull(),
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    value: json('value').$type<object>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.id] }),
    index('gateway_records_by_organization').on(table.organization, table.kind),
  ],
)
