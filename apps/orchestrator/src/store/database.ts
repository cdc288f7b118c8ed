import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres'
import { Pool, type PoolConfig } from 'pg'
import { PreparingClient } from './preparing-client.ts'
import * as schema from './schema.ts'

export type Database = NodePgDatabase<typeof schema>
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0]

/** How to reach Postgres: an address, or the parts of one. */
export type Connection = Pick<PoolConfig, 'connectionString' | 'host' | 'port' | 'user' | 'password' | 'database'>

export interface OpenDatabase {
  readonly database: Database
  readonly pool: Pool
}

export function openDatabase(
  connection: Connection,
  options: { readonly connections: number; readonly onError: (error: Error) => void },
): OpenDatabase {
  const pool = new Pool({
    ...connection,
    Client: PreparingClient,
    max: options.connections,
    application_name: 'caisson',
    connectionTimeoutMillis: 10_000,
    statement_timeout: 30_000,
    keepAlive: true,
  })
  // A connection that breaks while nobody uses it would otherwise end the process.
  pool.on('error', options.onError)
  // Nor may one that breaks while it is given back.
  pool.on('connect', (client) => client.on('error', options.onError))
  return { database: drizzle(pool, { schema }), pool }
}
