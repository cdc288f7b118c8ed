import { defineStoresContract } from '@caisson/engine/testing'
import { afterAll, beforeAll, describe, it } from 'vitest'
import pino from 'pino'
import { createBatchStore } from '../src/batches/batch-store.ts'
import { createItemJobs, type ItemJobs } from '../src/batches/item-jobs.ts'
import { startJobQueue } from '../src/batches/job-queue.ts'
import { openDatabase, type OpenDatabase } from '../src/store/database.ts'
import { migrateDatabase } from '../src/store/migrate.ts'
import { openSignals, type Signals } from '../src/store/signals.ts'
import { createPostgresStores } from '../src/store/stores.ts'
import { debianServer, embeddedServer, emptyTables, type TestServer } from './support/databases.ts'

const isRoot = process.getuid?.() === 0
const ignore = () => {}

describe.each([
  { name: 'the embedded Postgres', start: embeddedServer, skip: false },
  {
    name: "Debian's Postgres (skipped unless root, who can start it as user postgres)",
    start: debianServer,
    skip: !isRoot,
  },
])('stores on $name', ({ start, skip }) => {
  if (skip) {
    it.skip('needs root to start Postgres as user postgres', () => {})
    return
  }
  let server: TestServer
  let opened: OpenDatabase
  let signals: Signals
  let queue: Awaited<ReturnType<typeof startJobQueue>>
  let jobs: ItemJobs

  beforeAll(async () => {
    server = await start()
    const connection = await server.fresh()
    await Promise.all([migrateDatabase(connection), migrateDatabase(connection), migrateDatabase(connection)])
    opened = openDatabase(connection, { connections: 8, onError: ignore })
    signals = await openSignals(connection, ignore)
    queue = await startJobQueue(connection, pino({ level: 'silent' }))
    jobs = await createItemJobs(queue.queue)
  })
  afterAll(async () => {
    await queue[Symbol.asyncDispose]()
    await signals[Symbol.asyncDispose]()
    await opened.pool.end()
    await server[Symbol.asyncDispose]()
  })

  defineStoresContract({ describe, it }, async () => {
    await emptyTables(opened.pool)
    const stores = await createPostgresStores(opened.database, signals)
    return { ...stores, batches: createBatchStore(opened.database, jobs) }
  })
})
