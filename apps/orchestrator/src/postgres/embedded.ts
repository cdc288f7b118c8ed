import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chmod, chown, mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { OperationError } from '@caisson/core'
import { Client } from 'pg'
import type { Connection } from '../store/database.ts'
import { findOrphan } from './orphan.ts'
import { exists, installPostgres } from './program.ts'
import { mayReach, postgresUser, type SystemUser } from './system-user.ts'

const run = promisify(execFile)
const port = 5432
/** Any number that `migrate.ts` does not use. */
const ownership = 7719
/** The last writing of a server can take longer than this where others keep the disk busy, and an orchestrator has to end in time. */
const orderlyStopSeconds = 3
/** Kernels take no longer address of a unix socket. */
const maxSocketPath = 107

/** A running server. Disposing it ends sessions and the server; what was committed is safe. */
export interface EmbeddedPostgres extends AsyncDisposable {
  readonly connection: Connection
}

/**
 * A Postgres of our own below the state directory, reachable only through a unix socket there. It survives a killed orchestrator; the
 * next one takes the running server over. A server has one owner, who stops it when disposed; with `share` a second user is let in.
 */
export async function startEmbeddedPostgres(
  stateDirectory: string,
  options: { readonly share?: boolean } = {},
): Promise<EmbeddedPostgres> {
  const user = await postgresUser()
  const home = await makeHome(stateDirectory, user)
  const data = join(home, 'data')
  const socket = join(home, `.s.PGSQL.${port}`)
  if (socket.length > maxSocketPath) {
    throw new OperationError('internal', `the path of the database's socket is too long: ${socket}`, {
      field: 'CAISSON_STATE_DIR',
      remedy: 'use a state directory with a shorter path, or give a DATABASE_URL',
    })
  }
  const passwordFile = join(home, 'password')
  const password = await keptPassword(passwordFile)
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid)
  const program = await installPostgres(home)
  const execute = async (file: string, parameters: readonly string[]) => {
    try {
      await run(file, parameters, { cwd: home, env: { LC_ALL: 'C', TZ: 'UTC' }, timeout: 60_000, ...user })
    } catch (cause) {
      throw new OperationError('internal', `the embedded Postgres: ${await explain(cause, home)}`, {
        remedy: `look at ${join(home, 'log')}, or give a DATABASE_URL`,
        cause,
      })
    }
  }
  const control = async (parameters: readonly string[], waitSeconds = 30) =>
    await execute(program.pgCtl, [...parameters, '-D', data, '-w', '-t', String(waitSeconds), '-s'])
  const endAtOnce = async () => {
    try {
      await control(['stop', '-m', 'immediate'])
    } catch (error) {
      // It may have ended by itself in the meantime.
      if ((await findOrphan(data)) !== undefined) throw error
    }
  }

  if (!(await exists(data))) {
    const fresh = `${data}.new`
    await rm(fresh, { recursive: true, force: true })
    const database = ['-D', fresh, '-E', 'UTF8', '--locale=C']
    const access = ['-U', 'caisson', '-A', 'scram-sha-256', `--pwfile=${passwordFile}`]
    await execute(program.initdb, [...database, ...access])
    await rename(fresh, data)
  }
  const settings = {
    listen_addresses: '',
    unix_socket_directories: home,
    unix_socket_permissions: '0700',
    port,
    log_min_messages: 'fatal',
    log_min_error_statement: 'panic',
  }
  const serverOptions = Object.entries(settings).map(([name, value]) => `-c ${name}='${value}'`)
  const connection = { host: home, port, user: 'caisson', password, database: 'postgres' }

  const orphan = await findOrphan(data)
  const running = orphan !== undefined && (await answers(connection))
  if (orphan !== undefined && !running) await endAtOnce()
  if (!running) await control(['start', '-l', join(home, 'log'), '-o', serverOptions.join(' ')])
  const owner = await own(connection)
  if (owner === undefined && options.share !== true) {
    throw new OperationError('conflict', 'another orchestrator uses this state directory', {
      field: 'CAISSON_STATE_DIR',
      remedy: 'end it, choose another directory, or give all of them the same DATABASE_URL',
    })
  }
  return {
    connection,
    [Symbol.asyncDispose]: async () => {
      if (owner === undefined) return
      await owner.end()
      // What was committed is safe either way: the next start repairs the rest.
      await control(['stop', '-m', 'fast'], orderlyStopSeconds).catch(endAtOnce)
    },
  }
}

/**
 * The server's folder: below the state directory, unless the user of Postgres cannot enter that (a home of root, for instance). Then it
 * is at the usual place for services' data, named after the state directory.
 */
async function makeHome(stateDirectory: string, user: SystemUser | undefined): Promise<string> {
  const state = await realpath(stateDirectory)
  const usual = join(state, 'postgres')
  if (user === undefined) {
    await mkdir(usual, { recursive: true, mode: 0o700 })
    return usual
  }
  await chmod(state, 0o711)
  // Not below /var/lib/caisson: the local adapter keeps that closed to all but root.
  const elsewhere = join('/var/lib/caisson-postgres', createHash('sha256').update(state).digest('hex').slice(0, 12))
  const home = (await mayReach(state, user)) ? usual : elsewhere
  await mkdir(dirname(home), { recursive: true, mode: 0o711 })
  await mkdir(home, { recursive: true, mode: 0o700 })
  await chown(home, user.uid, user.gid)
  return home
}

/** Two owners would stop each other's server. The connection holds the ownership as long as it lasts. */
async function own(connection: Connection): Promise<Client | undefined> {
  const client = new Client({ ...connection, application_name: 'caisson owner', keepAlive: true })
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [ownership])
  if (rows[0]?.mine === true) return client
  await client.end()
  return undefined
}

async function keptPassword(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  const password = randomBytes(24).toString('base64url')
  await writeFile(path, password, { mode: 0o600, flag: 'wx' })
  return password
}

/** Whether the server lets us in, which it may not yet do while it recovers from a crash. */
async function answers(connection: Connection): Promise<boolean> {
  const giveUpAtMs = Date.now() + 10_000
  for (;;) {
    const client = new Client(connection)
    client.on('error', () => {})
    try {
      await client.connect()
      return true
    } catch {
      if (Date.now() > giveUpAtMs) return false
    } finally {
      await client.end().catch(() => undefined)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** What the failed program said, and else the end of the server's log. */
async function explain(cause: unknown, home: string): Promise<string> {
  const said = cause instanceof Error && 'stderr' in cause ? String(cause.stderr).trim() : ''
  const log = await readFile(join(home, 'log'), 'utf8').catch(() => '')
  return [said, ...log.trim().split('\n').slice(-3)].filter((line) => line !== '').join('; ')
}
