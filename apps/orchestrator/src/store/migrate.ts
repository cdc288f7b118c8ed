import { fileURLToPath } from 'node:url'
import { OperationError } from '@caisson/core'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { Client } from 'pg'
import type { Connection } from './database.ts'

const migrationsFolder = fileURLToPath(new URL('../../migrations', import.meta.url))
const oldestVersion = 150_000
/** Any number, as long as it is the same in every replica. */
const lock = 7718

const connectMs = 10_000

/** Brings the database's schema up to date. Several replicas may do so at once: one does it, the others wait. */
export async function migrateDatabase(connection: Connection): Promise<void> {
  const client = new Client({
    ...connection,
    application_name: 'caisson migration',
    connectionTimeoutMillis: connectMs,
  })
  await client.connect().catch((cause: unknown) => {
    throw unreachable(cause)
  })
  try {
    const { rows } = await client.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    )
    const version = rows[0]?.version ?? 0
    if (version < oldestVersion) {
      throw new OperationError('internal', `the database is Postgres ${Math.floor(version / 10_000)}`, {
        field: 'DATABASE_URL',
        remedy: 'use Postgres 15 or newer, or leave DATABASE_URL out to use the embedded one',
      })
    }
    await client.query('select pg_advisory_lock($1)', [lock])
    await migrate(drizzle(client), { migrationsFolder })
  } finally {
    // The lock goes with the connection.
    await client.end()
  }
}

function unreachable(cause: unknown): OperationError {
  // A name with several addresses fails with all their errors at once, and without a message of its own.
  const first: unknown = cause instanceof AggregateError ? cause.errors[0] : cause
  return new OperationError(
    'internal',
    `the database cannot be used: ${first instanceof Error ? first.message : String(first)}`,
    {
      field: 'DATABASE_URL',
      remedy: 'start it or set DATABASE_URL right; without DATABASE_URL the service runs its own',
      cause,
    },
  )
}
