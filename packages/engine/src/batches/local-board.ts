import { setTimeout as delay } from 'node:timers/promises'
import { toErrorData } from '@caisson/core'
import type { Logger } from '../engine-options.ts'
import type { BatchBoard, BatchSlot, ServeSlot } from '../ports/batch-board.ts'
import type { BatchKey } from '../ports/batch-store.ts'

const brokeOffMs = 1_000

/** The board of one process: a slot is served where it is posted, from then to its end. */
export function createLocalBoard(logger: Logger): BatchBoard {
  const served = new Map<string, Served>()
  const closing = new AbortController()
  let serve: ServeSlot = async () => 'over'
  const nameOf = ({ organization, run }: BatchKey) => `${organization}/${run}`

  const attendTo = async (slot: BatchSlot, over: AbortSignal): Promise<void> => {
    while (!closing.signal.aborted) {
      const outcome = await serve(slot, closing.signal).catch((error: unknown) => {
        logger.warn({ run: slot.run, error: toErrorData(error) }, 'the work on a batch broke off')
        return { againInMs: brokeOffMs }
      })
      if (outcome === 'over') return
      const signal = AbortSignal.any([over, closing.signal])
      await delay(outcome.againInMs, undefined, { signal }).catch(() => undefined)
    }
  }

  return {
    post: async (key, slots) => {
      const own = served.get(nameOf(key)) ?? { over: new AbortController(), slots: new Map<string, Promise<void>>() }
      served.set(nameOf(key), own)
      for (const slot of slots) {
        if (own.slots.has(slot)) continue
        const ending = attendTo({ ...key, slot }, own.over.signal).finally(() => {
          own.slots.delete(slot)
          if (own.slots.size === 0) served.delete(nameOf(key))
        })
        own.slots.set(slot, ending)
      }
    },
    attend: async (by) => {
      serve = by
      return {
        [Symbol.asyncDispose]: async () => {
          closing.abort()
          await Promise.all([...served.values()].map(async ({ slots }) => await Promise.all(slots.values())))
        },
      }
    },
    settled: async (key) => {
      const own = served.get(nameOf(key))
      own?.over.abort()
      if (own !== undefined) await Promise.all(own.slots.values())
    },
  }
}

interface Served {
  /** Aborts when waiting is of no use any more. */
  readonly over: AbortController
  readonly slots: Map<string, Promise<void>>
}
