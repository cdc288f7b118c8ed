import type { HookEventType } from '@caisson/api/schemas'
import type { Approval, Operation, OperationKind, Price, Run, RunEvent, RunStatus } from '@caisson/core'
import type { AuditEvent, Pause, Requester } from '@caisson/engine'
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
    agent: anyText('agent')
      .notNull()
      .default(sql`'""'`),
    kind: text('kind').notNull().default(''),
    cpus: doublePrecision('cpus').notNull().default(0),
    memoryBytes: bigint('memory_bytes', { mode: 'number' }).notNull().default(0),
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
  },
  (table) => [primaryKey({ columns: [table.organization, table.agent, table.day] })],
)

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
    nanos: bigint('nanos', { mode: 'number' }).notNull(),
    estimateNanos: bigint('estimate_nanos', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization, table.day, table.agent, table.kind, table.adapter] })],
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
    expiresAtMs: atMs('expires_at_ms'),
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

/** Whom an organization wants told. The secret of a hook is derived and kept nowhere. */
export const hooks = pgTable(
  'hooks',
  {
    organization: text('organization').notNull(),
    id: text('id').notNull(),
    url: text('url').notNull(),
    events: json('events').$type<readonly HookEventType[]>().notNull(),
    createdAtMs: atMs('created_at_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization, table.id] })],
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
