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

/** Brings the database's schema up to date. Several replicas may do so at once: one does it, the others wait. */
export async function migrateDatabase(connection: Connection): Promise<void> {
  const client = new Client({ ...connection, application_name: 'caisson migration' })
  await client.connect()
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
