import { chmod, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startEmbeddedPostgres } from '../src/postgres/embedded.ts'
import type { Connection } from '../src/store/database.ts'
import { temporaryDirectory } from './support/databases.ts'

let directory: Awaited<ReturnType<typeof temporaryDirectory>>

beforeEach(async () => {
  directory = await temporaryDirectory()
})
afterEach(async () => await directory[Symbol.asyncDispose]())

async function query(connection: Connection, text: string): Promise<unknown> {
  const client = new Client(connection)
  await client.connect()
  try {
    return (await client.query<{ answer: unknown }>(text)).rows[0]?.answer
  } finally {
    await client.end()
  }
}

it('keeps what it was given, listens on no port, and lets nobody in without the password', async () => {
  {
    await using server = await startEmbeddedPostgres(directory.path)
    await query(server.connection, 'create table kept as select 7 as answer')
    expect(await query(server.connection, `select current_setting('listen_addresses') as answer`)).toBe('')
    await expect(query({ ...server.connection, password: 'guess' }, 'select 1')).rejects.toThrow('password')
    const { mode } = await stat(join(directory.path, 'postgres', 'password'))
    expect(mode & 0o077).toBe(0)
  }
  await using again = await startEmbeddedPostgres(directory.path)
  expect(await query(again.connection, 'select answer from kept')).toBe(7)
})

it('starts after a crash of the machine, when the noted pid is somebody else', async () => {
  await (await startEmbeddedPostgres(directory.path))[Symbol.asyncDispose]()
  const note = join(directory.path, 'postgres', 'data', 'postmaster.pid')
  await writeFile(note, `${process.pid}\n/elsewhere\n`)
  await using server = await startEmbeddedPostgres(directory.path)
  expect(await query(server.connection, 'select 1 as answer')).toBe(1)
})

it('stops although its last writing does not come to an end, and loses nothing by that', async () => {
  const server = await startEmbeddedPostgres(directory.path)
  await query(server.connection, 'create table kept as select 7 as answer')
  const writer = await query(
    server.connection,
    `select pid as answer from pg_stat_activity where backend_type = 'checkpointer'`,
  )
  process.kill(Number(writer), 'SIGSTOP')
  await server[Symbol.asyncDispose]()
  await using again = await startEmbeddedPostgres(directory.path)
  expect(await query(again.connection, 'select answer from kept')).toBe(7)
})

it.skipIf(process.getuid?.() !== 0)(
  'keeps its data elsewhere when its user cannot enter the state directory (needs root)',
  async () => {
    const closed = join(directory.path, 'closed')
    await mkdir(join(closed, 'state'), { recursive: true })
    await chmod(closed, 0o700)
    const server = await startEmbeddedPostgres(join(closed, 'state'))
    const home = server.connection.host ?? ''
    try {
      expect(home).toMatch(/^\/var\/lib\/caisson-postgres\/[0-9a-f]{12}$/)
      expect(await query(server.connection, 'select 1 as answer')).toBe(1)
      expect(await readdir(join(closed, 'state'))).toEqual([])
    } finally {
      await server[Symbol.asyncDispose]()
      await rm(home, { recursive: true })
    }
  },
)
