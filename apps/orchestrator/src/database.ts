import type { Config } from './config.ts'
import { startEmbeddedPostgres } from './postgres/embedded.ts'
import { type Connection, type Database, openDatabase } from './store/database.ts'
import { migrateDatabase } from './store/migrate.ts'
import { openSignals, type Signals } from './store/signals.ts'

export interface RunningDatabase extends AsyncDisposable {
  readonly kind: 'embedded' | 'external'
  readonly database: Database
  readonly connection: Connection
  readonly signals: Signals
}

/** The configured database, or one of our own, migrated and ready. */
export async function startDatabase(
  config: Pick<Config, 'databaseUrl' | 'databaseConnections' | 'stateDirectory'>,
  options: { readonly onError: (error: Error) => void; readonly share?: boolean },
): Promise<RunningDatabase> {
  const { onError } = options
  await using started = new AsyncDisposableStack()
  const kind = config.databaseUrl === undefined ? 'embedded' : 'external'
  const connection =
    config.databaseUrl === undefined
      ? started.use(await startEmbeddedPostgres(config.stateDirectory, options)).connection
      : { connectionString: config.databaseUrl }
  await migrateDatabase(connection)
  const { database, pool } = openDatabase(connection, { connections: config.databaseConnections, onError })
  started.defer(async () => await pool.end())
  const signals = started.use(await openSignals(connection, onError))
  const running = started.move()
  return { kind, database, connection, signals, [Symbol.asyncDispose]: async () => await running.disposeAsync() }
}
