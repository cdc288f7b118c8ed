import { setTimeout } from 'node:timers/promises'
import { type SQL, sql } from 'drizzle-orm'
import { Client } from 'pg'
import type { Connection } from './database.ts'

/** Tells waiters of this process what happened in any process on the same database. */
export interface Signals extends AsyncDisposable {
  /** An expression for a statement, with which it gives a signal when it is committed. */
  readonly tell: (name: string) => SQL
  readonly listen: (name: string) => Waiting
}

export interface Waiting extends Disposable {
  /** Resolves when the signal came since `listen`, when the time is over, or when `stop` aborts. */
  readonly next: (timeoutMs: number, stop: AbortSignal | undefined) => Promise<void>
}

const channel = 'caisson_signals'
const shortestWaitMs = 500
const longestWaitMs = 10_000

/** One connection listens for all. While it is down waiters are woken now and then, so that nothing depends on a lost notification. */
export async function openSignals(connection: Connection, onError: (error: Error) => void): Promise<Signals> {
  const waiters = new Map<string, Set<() => void>>()
  const wakeAll = () => {
    for (const set of waiters.values()) for (const wake of set) wake()
  }
  const closing = new AbortController()
  let client: Client | undefined = undefined
  client = await listening()

  async function listening(): Promise<Client> {
    const next = new Client({ ...connection, application_name: 'caisson signals', keepAlive: true })
    next.on('notification', ({ payload = '' }) => {
      for (const wake of waiters.get(payload) ?? []) wake()
    })
    next.on('error', onError)
    next.on('end', () => {
      if (client === next) void reconnect()
    })
    await next.connect()
    await next.query(`listen ${channel}`)
    return next
  }

  async function reconnect(): Promise<void> {
    for (let waitMs = shortestWaitMs; !closing.signal.aborted; waitMs = Math.min(2 * waitMs, longestWaitMs)) {
      wakeAll()
      await setTimeout(waitMs, undefined, { ref: false })
      try {
        client = await listening()
        // What came meanwhile was told to nobody.
        wakeAll()
        if (closing.signal.aborted) await client.end()
        return
      } catch (error) {
        onError(error instanceof Error ? error : new Error(String(error)))
      }
    }
  }

  return {
    tell: (name) => sql`pg_notify(${channel}, ${name})`,
    listen: (name) => {
      let told = false
      let resolve = () => {}
      const wake = () => {
        told = true
        resolve()
      }
      const set = waiters.get(name) ?? new Set()
      waiters.set(name, set.add(wake))
      return {
        next: async (timeoutMs, stop) => {
          if (told || stop?.aborted === true) return
          const woken = new Promise<void>((settle) => {
            resolve = settle
          })
          const timer = globalThis.setTimeout(resolve, timeoutMs)
          stop?.addEventListener('abort', resolve, { once: true })
          await woken
          clearTimeout(timer)
          stop?.removeEventListener('abort', resolve)
        },
        [Symbol.dispose]: () => {
          set.delete(wake)
          if (set.size === 0) waiters.delete(name)
        },
      }
    },
    [Symbol.asyncDispose]: async () => {
      closing.abort()
      wakeAll()
      await client?.end().catch(() => undefined)
    },
  }
}
