import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyAuditChain } from '@caisson/client'
import { organizationIdSchema } from '@caisson/core'
import { drizzle } from 'drizzle-orm/node-postgres'
import { migrate } from 'drizzle-orm/node-postgres/migrator'
import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAuditStore } from '../src/store/audit-store.ts'
import { openDatabase } from '../src/store/database.ts'
import { migrateDatabase } from '../src/store/migrate.ts'
import { embeddedServer, temporaryDirectory, type TestServer } from './support/databases.ts'

let server: TestServer
beforeAll(async () => {
  server = await embeddedServer()
}, 60_000)
afterAll(async () => await server[Symbol.asyncDispose]())

it('gives what was written before there was a chain its place in it', async () => {
  const connection = await server.fresh()
  await using directory = await temporaryDirectory()
  await cp(join(import.meta.dirname, '../migrations'), directory.path, { recursive: true })
  const journal = join(directory.path, 'meta/_journal.json')
  const entries: { entries: { idx: number }[] } = JSON.parse(await readFile(journal, 'utf8'))
  await writeFile(journal, JSON.stringify({ ...entries, entries: entries.entries.filter(({ idx }) => idx < 4) }))

  const client = new Client(connection)
  await client.connect()
  await migrate(drizzle(client), { migrationsFolder: directory.path })
  for (const [organization, index] of [
    ['acme', 1],
    ['globex', 2],
    ['acme', 3],
    ['acme', 4],
  ] as const) {
    const event = JSON.stringify({ organization, atMs: index, action: 'run.submitted', details: { 'ü\0': index } })
    await client.query('insert into audit (organization, run, event) values ($1, $2, $3::json)', [
      organization,
      'r',
      event,
    ])
  }
  await client.end()

  await migrateDatabase(connection)
  const { database, pool } = openDatabase(connection, { connections: 2, onError: () => {} })
  const audit = createAuditStore(database)
  const acme = organizationIdSchema.parse('acme')
  await audit.append({ organization: acme, atMs: 5, action: 'run.submitted', details: {} })
  const verdict = await verifyAuditChain('acme', audit.chain(acme, { after: 0, limit: 100 }), await audit.head(acme))
  expect(verdict).toEqual({ intact: true, events: 4 })
  await pool.end()
})
