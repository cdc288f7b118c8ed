import { freshId, organizationIdSchema, runIdSchema } from '@caisson/core'
import type { NewBatch, TakenItem } from '@caisson/engine'
import pino from 'pino'
import { expect, it, vi } from 'vitest'
import { createBatchStore } from '../src/batches/batch-store.ts'
import { createItemJobs } from '../src/batches/item-jobs.ts'
import { startJobQueue } from '../src/batches/job-queue.ts'
import { openDatabase } from '../src/store/database.ts'
import { migrateDatabase } from '../src/store/migrate.ts'
import { embeddedServer } from './support/databases.ts'

const patience = { timeout: 60_000, interval: 250 }

it('gives an item whose worker is silent to another one, until its tries are used up, and leaves alone what is renewed', async () => {
  await using server = await embeddedServer()
  const connection = await server.fresh()
  await migrateDatabase(connection)
  const { database, pool } = openDatabase(connection, { connections: 4, onError: () => {} })
  await using stack = new AsyncDisposableStack()
  stack.defer(async () => await pool.end())
  const { queue } = stack.use(await startJobQueue(connection, pino({ level: 'silent' })))
  const jobs = await createItemJobs(queue)
  stack.use(await jobs.bury(database))
  const batches = createBatchStore(database, jobs)
  const batchOf = (attempts: number): NewBatch => ({
    organization: organizationIdSchema.parse('acme'),
    run: runIdSchema.parse(freshId()),
    total: 1,
    retry: { attempts, delayMs: 0, maxDelayMs: 0 },
    createdAtMs: 1,
    endsAtMs: Date.now() + 600_000,
  })
  const [once, twice, living] = [batchOf(1), batchOf(2), batchOf(2)]
  for (const batch of [once, twice, living]) await batches.open(batch)
  await batches.take(once, 0)
  const lost = await batches.take(twice, 0)
  const held = await batches.take(living, 0)
  if (lost === undefined || held === undefined) throw new Error('each batch has an item')

  let again: TakenItem | undefined
  await vi.waitUntil(async () => {
    expect(await batches.renew(living, held, 0)).toBe('held')
    again ??= await batches.take(twice, 0)
    return again !== undefined && (await batches.get(once))?.counts.dead === 1
  }, patience)
  expect(again?.attempt).toBe(2)
  expect(await batches.renew(twice, lost, 0)).toBe('lost')
  expect(await batches.finish(twice, lost, { state: 'succeeded', result: {} })).toBe(false)
  expect(await batches.items(once, { after: -1, limit: 1 })).toMatchObject([
    { state: 'dead', attempts: 1, error: { code: 'interrupted' } },
  ])
  expect(await batches.take(living, 0)).toBeUndefined()
  expect(await batches.finish(living, held, { state: 'succeeded', result: { result: 1 } })).toBe(true)
})
