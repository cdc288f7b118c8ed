import { createHash } from 'node:crypto'
import { organizationIdSchema, runIdSchema } from '@caisson/core'
import type { BatchKey, ItemResult, RetryTerms } from '@caisson/engine'
import { eq, inArray, sql } from 'drizzle-orm'
import { fromDrizzle, type PgBoss } from 'pg-boss'
import { z } from 'zod'
import type { Database, Transaction } from '../store/database.ts'
import { batchItems } from '../store/schema.ts'
import { within } from '../store/scope.ts'
import { holding } from './job-queue.ts'

/** Jobs of the queue that stand for items: each batch has a queue of its own. */
export interface ItemJobs {
  /** Makes the queue of a batch, with its terms. Idempotent. */
  readonly prepare: (key: BatchKey, retry: RetryTerms) => Promise<void>
  readonly add: (transaction: Transaction, key: BatchKey, indexes: readonly number[]) => Promise<void>
  /** The next one that is due. Its worker has it until it is silent for too long. */
  readonly next: (key: BatchKey) => Promise<{ readonly index: number; readonly token: string } | undefined>
  /** `false`: it is not this worker's any more. */
  readonly touch: (key: BatchKey, token: string) => Promise<boolean>
  readonly done: (transaction: Pick<Transaction, 'execute'>, key: BatchKey, token: string) => Promise<void>
  /** After its delay. */
  readonly again: (transaction: Transaction, key: BatchKey, token: string) => Promise<void>
  readonly remove: (key: BatchKey) => Promise<void>
  /** Marks the items as dead whose workers died each time. Until it is disposed of. */
  readonly bury: (database: Database) => Promise<AsyncDisposable>
}

const deadQueue = 'batch-dead'
const addAtOnce = 1000

const jobDataSchema = z.object({ organization: organizationIdSchema, run: runIdSchema, index: z.int() })
const touchedSchema = z.object({ affected: z.int() })
const tokenSchema = z.tuple([z.string(), z.int()])

export async function createItemJobs(boss: PgBoss): Promise<ItemJobs> {
  await boss.createQueue(deadQueue)

  return {
    prepare: async (key, { attempts, delayMs, maxDelayMs }) => {
      const delay = Math.ceil(delayMs / 1000)
      await boss.createQueue(queueOf(key), {
        ...holding,
        deadLetter: deadQueue,
        retryLimit: attempts - 1,
        retryDelay: delay,
        ...(delay === 0 ? {} : { retryBackoff: true, retryDelayMax: Math.max(delay, Math.ceil(maxDelayMs / 1000)) }),
      })
    },
    add: async (transaction, key, indexes) => {
      const { organization, run } = key
      for (let start = 0; start < indexes.length; start += addAtOnce) {
        const jobs = indexes.slice(start, start + addAtOnce).map((index) => ({ data: { organization, run, index } }))
        await boss.insert(queueOf(key), jobs, { db: fromDrizzle(transaction, sql) })
      }
    },
    next: async (key) => {
      const [job] = await boss.fetch<unknown>(queueOf(key))
      if (job === undefined) return undefined
      return { index: jobDataSchema.parse(job.data).index, token: JSON.stringify([job.id, job.retryCount]) }
    },
    touch: async (key, token) => touchedSchema.parse(await boss.touch(queueOf(key), attemptOf(token))).affected > 0,
    done: async (transaction, key, token) => {
      await boss.complete(queueOf(key), attemptOf(token), null, { db: fromDrizzle(transaction, sql) })
    },
    again: async (transaction, key, token) => {
      await boss.fail(queueOf(key), attemptOf(token), null, { db: fromDrizzle(transaction, sql) })
    },
    remove: async (key) => await boss.deleteQueue(queueOf(key)),
    bury: async (database) => {
      await boss.work<unknown>(deadQueue, { batchSize: 10 }, async (jobs) => {
        for (const { data } of jobs) {
          const { organization, run, index } = jobDataSchema.parse(data)
          await database
            .update(batchItems)
            .set({ state: 'dead', token: null, result: { error: workerDied } })
            .where(
              within(
                batchItems,
                organization,
                eq(batchItems.run, run),
                eq(batchItems.index, index),
                inArray(batchItems.state, ['waiting', 'running']),
              ),
            )
        }
      })
      return { [Symbol.asyncDispose]: async () => await boss.offWork(deadQueue, { wait: true }) }
    },
  }
}

const workerDied: NonNullable<ItemResult['error']> = {
  kind: 'operation',
  code: 'interrupted',
  message: 'the worker died in the middle of it each time',
  retryable: false,
}

/** Names of queues hold less than ids may. */
function queueOf({ organization, run }: BatchKey): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([organization, run]))
    .digest('hex')
  return `batch-${hash.slice(0, 40)}`
}

function attemptOf(token: string): { readonly id: string; readonly retryCount: number } {
  const [id, retryCount] = tokenSchema.parse(JSON.parse(token))
  return { id, retryCount }
}
