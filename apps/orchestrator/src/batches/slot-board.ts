import { organizationIdSchema, runIdSchema, toErrorData } from '@caisson/core'
import type { BatchBoard, BatchKey, BatchSlot } from '@caisson/engine'
import type { PgBoss } from 'pg-boss'
import type { Logger } from 'pino'
import { z } from 'zod'
import { holding } from './job-queue.ts'

export interface SlotBoardOptions {
  /** How many slots are served here at one time. 0: none. */
  readonly workers: number
  readonly logger: Logger
}

const slotQueue = 'batch-slots'
/** Who posts a slot wakes the workers; one that comes again is found by looking. */
const pollSeconds = 2
/** More often than any slot comes again. */
const endless = 1_000_000_000

const slotSchema = z.object({ organization: organizationIdSchema, run: runIdSchema, slot: z.string() })

/** The board of all replicas: each slot is a job, which whoever has a worker free takes. One whose worker died comes again. */
export async function createSlotBoard(boss: PgBoss, { workers, logger }: SlotBoardOptions): Promise<BatchBoard> {
  await boss.createQueue(slotQueue, {
    ...holding,
    // A slot is there once, waiting or served.
    policy: 'exclusive',
    notify: true,
    retryLimit: endless,
    retryDelay: 1,
  })
  const served = new Map<string, Set<Promise<unknown>>>()
  const nameOf = ({ organization, run }: BatchKey) => JSON.stringify([organization, run])
  const keep = async <Value>(key: BatchKey, work: Promise<Value>): Promise<Value> => {
    const own = served.get(nameOf(key)) ?? new Set()
    served.set(nameOf(key), own.add(work))
    try {
      return await work
    } finally {
      own.delete(work)
      if (own.size === 0) served.delete(nameOf(key))
    }
  }

  return {
    post: async ({ organization, run }, slots) => {
      const jobs = slots.map((slot) => ({
        data: { organization, run, slot } satisfies BatchSlot,
        singletonKey: JSON.stringify([organization, run, slot]),
      }))
      await boss.insert(slotQueue, jobs)
    },
    attend: async (serve) => {
      const closing = new AbortController()
      if (workers > 0) {
        const options = {
          localConcurrency: workers,
          pollingIntervalSeconds: pollSeconds,
          notifyPollingIntervalSeconds: pollSeconds,
          perJobResults: true,
        } as const
        await boss.work<unknown, unknown, typeof options>(
          slotQueue,
          options,
          async (jobs) =>
            await Promise.all(
              jobs.map(async ({ id, data, signal }) => {
                const slot = slotSchema.parse(data)
                const outcome = await keep(slot, serve(slot, AbortSignal.any([closing.signal, signal]))).catch(
                  (error: unknown) => {
                    logger.warn({ run: slot.run, error: toErrorData(error) }, 'the work on a batch broke off')
                    return 'broken' as const
                  },
                )
                // What failed comes again after a moment: that is how a slot waits.
                return { id, status: outcome === 'over' ? ('completed' as const) : ('failed' as const) }
              }),
            ),
        )
      }
      return {
        [Symbol.asyncDispose]: async () => {
          closing.abort()
          if (workers > 0) await boss.offWork(slotQueue, { wait: true })
        },
      }
    },
    settled: async (key) => {
      const own = served.get(nameOf(key))
      if (own !== undefined) await Promise.allSettled(own)
    },
  }
}
