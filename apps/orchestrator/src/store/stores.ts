import { freshId } from '@caisson/core'
import type { AuditEvent, Stores } from '@caisson/engine'
import { createApprovalStore } from './approval-store.ts'
import { createArtifactStore, type PostgresArtifactStore } from './artifact-store.ts'
import { createAuditStore, type PostgresAuditStore } from './audit-store.ts'
import { withDatabaseErrors } from './database-errors.ts'
import type { Database } from './database.ts'
import { createEventStore } from './event-store.ts'
import type { BudgetWarning, QuotaDefaults } from './lease-room.ts'
import { createLeaseStore } from './lease-store.ts'
import { createOwnerStore } from './owner-store.ts'
import { createRunStore } from './run-store.ts'
import { state } from './schema.ts'
import type { Signals } from './signals.ts'

/** All but the batches, which need a queue as well. */
export interface PostgresStores extends Omit<Stores, 'batches'> {
  readonly artifacts: PostgresArtifactStore
  readonly audit: PostgresAuditStore
}

export interface PostgresStoresOptions {
  readonly quotaDefaults?: QuotaDefaults
  /** Sees what was put into the audit log, for counting. */
  readonly onAudit?: (event: AuditEvent) => void
}

/** The engine's stores over a migrated database. */
export async function createPostgresStores(
  database: Database,
  signals: Signals,
  { quotaDefaults = {}, onAudit = () => {} }: PostgresStoresOptions = {},
): Promise<PostgresStores> {
  await database.insert(state).values({ id: freshId() }).onConflictDoNothing()
  const [found] = await database.select({ id: state.id }).from(state)
  if (found === undefined) throw new Error('the database does not keep its own id')
  const audit = withDatabaseErrors(createAuditStore(database, onAudit))
  const onWarning = async (warning: BudgetWarning) => await audit.append(warningEvent(warning))
  return {
    id: found.id,
    runs: withDatabaseErrors(createRunStore(database, { signals, quotaDefaults, onAudit })),
    events: withDatabaseErrors(createEventStore(database, signals)),
    approvals: withDatabaseErrors(createApprovalStore(database)),
    artifacts: withDatabaseErrors(createArtifactStore(database)),
    leases: withDatabaseErrors(createLeaseStore(database, { quotaDefaults, onWarning })),
    audit,
    owners: withDatabaseErrors(createOwnerStore(database)),
  }
}

function warningEvent({ organization, agent, month, softUsd, committedUsd }: BudgetWarning): AuditEvent {
  return {
    organization,
    atMs: Date.now(),
    action: 'budget.warning',
    details: { agent, month, softUsd, committedUsd },
  }
}
