import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client, type Pool } from 'pg'
import { startEmbeddedPostgres } from '../../src/postgres/embedded.ts'
import type { Connection } from '../../src/store/database.ts'

const run = promisify(execFile)
const script = join(import.meta.dirname, '../../../../infra/provision/postgres.sh')

export interface TestServer extends AsyncDisposable {
  readonly name: string
  /** A database of its own for one test. */
  readonly fresh: () => Promise<Connection>
}

export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'caisson-test-'))
  return { path, [Symbol.asyncDispose]: async () => await rm(path, { recursive: true, force: true }) }
}

export async function embeddedServer(): Promise<TestServer> {
  const directory = await temporaryDirectory()
  const server = await startEmbeddedPostgres(directory.path)
  return {
    name: 'embedded',
    fresh: async () => await freshDatabase(server.connection),
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]()
      await directory[Symbol.asyncDispose]()
    },
  }
}

/** Debian's own Postgres, started through the script that everybody may use. */
export async function debianServer(): Promise<TestServer> {
  const directory = await temporaryDirectory()
  await chmod(directory.path, 0o711)
  const environment = { ...process.env, CAISSON_PROVISION_DIR: directory.path }
  const { stdout } = await run('sh', [script, 'start'], { env: environment })
  const address = /DATABASE_URL=(\S+)/.exec(stdout)?.[1]?.replaceAll(/^['"]|['"]$/g, '')
  if (address === undefined) throw new Error(`no address in: ${stdout}`)
  const { hostname, port, username, password } = new URL(address)
  const connection = { host: hostname, port: Number(port), user: username, password, database: 'postgres' }
  return {
    name: 'debian',
    fresh: async () => await freshDatabase(connection),
    [Symbol.asyncDispose]: async () => {
      await run('sh', [script, 'stop'], { env: environment })
      await directory[Symbol.asyncDispose]()
    },
  }
}

let count = 0

async function freshDatabase(server: Connection): Promise<Connection> {
  const database = `test_${process.pid}_${(count += 1)}`
  const client = new Client(server)
  await client.connect()
  await client.query(`create database ${database}`)
  await client.end()
  return { ...server, database }
}

/** The same as an address. */
export function addressOf({ host, port, user, password, database }: Connection): string {
  const parts = [user, password, host].map((part) => encodeURIComponent(String(part)))
  return `postgres://${parts[0]}:${parts[1]}@${parts[2]}:${port}/${database}`
}

/** As a superuser may, past the triggers that keep the audit log as it is. */
export async function emptyTables(pool: Pool): Promise<void> {
  await pool.query(`set session_replication_role = replica;
    truncate state, runs, event_logs, events, event_sources, approvals, artifacts, artifact_chunks, leases, audit, audit_heads,
      batches, batch_items, owners, quotas, run_days, cost_days, budgets, api_keys;
    set session_replication_role = origin`)
}
