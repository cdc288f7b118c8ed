import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type CaissonClient, createClient } from '@caisson/client'
import { Client, type ClientConfig } from 'pg'

/** A whole service as a process of its own, with its database. */
export interface BenchService extends AsyncDisposable {
  readonly url: string
  readonly apiKey: string
  readonly client: CaissonClient
  /** A connection to its database. The caller ends it. */
  readonly openDatabase: () => Promise<Client>
}

const main = fileURLToPath(new URL('../../../apps/orchestrator/src/main.ts', import.meta.url))

export async function startBenchService(): Promise<BenchService> {
  const created = await mkdtemp(join(tmpdir(), 'caisson-bench-service-'))
  const state = await realpath(created)
  const database = databaseHomes(state)
  const child = spawn(process.execPath, ['--conditions=@caisson/source', main], {
    env: {
      PATH: process.env['PATH'],
      CAISSON_STATE_DIR: state,
      CAISSON_ADAPTERS: 'local',
      CAISSON_PORT: '0',
      CAISSON_LOG_LEVEL: 'error',
      CAISSON_TRACE_FILE: 'false',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const url = await addressOf(child)
    const apiKey = (await readFile(join(state, 'admin-key'), 'utf8')).trim()
    return {
      url,
      apiKey,
      client: createClient({ url, apiKey, requestTimeoutMs: 300_000 }),
      openDatabase: async () => await connect(database),
      [Symbol.asyncDispose]: async () => await end(child, [state, ...database]),
    }
  } catch (error) {
    await end(child, [state, ...database])
    throw error
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  let output = ''
  return await new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const [, url] = /Caisson listens on (\S+)/.exec(output) ?? []
      if (url !== undefined) resolve(url)
    })
    child.once('exit', () => reject(new Error(`the service did not start: ${output}`)))
  })
}

async function end(child: ChildProcess, folders: readonly string[]): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }
  await Promise.all(folders.map(async (folder) => await rm(folder, { recursive: true, force: true })))
}

/** Where the service may keep its own Postgres. */
function databaseHomes(state: string): readonly string[] {
  const name = createHash('sha256').update(state).digest('hex').slice(0, 12)
  return [join(state, 'postgres'), join('/var/lib/caisson-postgres', name)]
}

async function connect(homes: readonly string[]): Promise<Client> {
  for (const host of homes) {
    const password = await readFile(join(host, 'password'), 'utf8').catch(() => undefined)
    if (password === undefined) continue
    const address: ClientConfig = { host, port: 5432, user: 'caisson', password, database: 'postgres' }
    const client = new Client(address)
    await client.connect()
    return client
  }
  throw new Error('the database of the service was not found')
}
