import { freshId } from '@caisson/core'
import type { Stores } from '@caisson/engine'
import { createApprovalStore } from './approval-store.ts'
import { createArtifactStore, type PostgresArtifactStore } from './artifact-store.ts'
import { createAuditStore } from './audit-store.ts'
import { withDatabaseErrors } from './database-errors.ts'
import type { Database } from './database.ts'
import { createEventStore } from './event-store.ts'
import { createLeaseStore } from './lease-store.ts'
import { createOwnerStore } from './owner-store.ts'
import { createRunStore } from './run-store.ts'
import { state } from './schema.ts'
import type { Signals } from './signals.ts'

export interface PostgresStores extends Stores {
  readonly artifacts: PostgresArtifactStore
}

/** The engine's stores over a migrated database. */
export async function createPostgresStores(database: Database, signals: Signals): Promise<PostgresStores> {
  await database.insert(state).values({ id: freshId() }).onConflictDoNothing()
  const [found] = await database.select({ id: state.id }).from(state)
  if (found === undefined) throw new Error('the database does not keep its own id')
  return {
    id: found.id,
    runs: withDatabaseErrors(createRunStore(database)),
    events: withDatabaseErrors(createEventStore(database, signals)),
    approvals: withDatabaseErrors(createApprovalStore(database)),
    artifacts: withDatabaseErrors(createArtifactStore(database)),
    leases: withDatabaseErrors(createLeaseStore(database)),
    audit: withDatabaseErrors(createAuditStore(database)),
    owners: withDatabaseErrors(createOwnerStore(database)),
  }
}
