import type { Clock, ErrorData } from '@caisson/core'
import { freshId, systemClock } from '@caisson/core'
import type {
  Batch,
  BatchItem,
  BatchKey,
  BatchStore,
  ItemResult,
  ItemState,
  NewBatch,
  TakenItem,
} from '../ports/batch-store.ts'

interface KeptItem {
  state: ItemState
  attempts: number
  result: ItemResult
  dueAtMs: number
  token?: string | undefined
  leasedUntilMs: number
}

interface KeptBatch {
  readonly batch: NewBatch
  readonly items: readonly KeptItem[]
  hindrance?: ErrorData | undefined
  failure?: ErrorData | undefined
  closed?: 'drain' | 'cancel' | 'end' | undefined
  closedAtMs?: number | undefined
}

/** In memory: the items of a batch are as durable as the process. */
export function createMemoryBatchStore(clock: Clock = systemClock): BatchStore {
  const batches = new Map<string, KeptBatch>()
  const find = ({ organization, run }: BatchKey) => batches.get(`${organization}/${run}`)

  const held = (key: BatchKey, { index, token }: TakenItem): KeptItem | undefined => {
    const item = find(key)?.items[index]
    return item?.token === token && item.state === 'running' ? item : undefined
  }
  /** As a database finds them: those whose worker died are due again, or had their last try. */
  const reclaim = ({ batch, items }: KeptBatch) => {
    for (const item of items) {
      if (item.state !== 'running' || item.leasedUntilMs > clock.now()) continue
      item.token = undefined
      item.state = item.attempts >= batch.retry.attempts ? 'dead' : 'waiting'
      if (item.state === 'dead') item.result = { error: workerDied }
      else item.dueAtMs = clock.now() + backoffMs(batch, item.attempts)
    }
  }

  return {
    open: async (batch) => {
      const name = `${batch.organization}/${batch.run}`
      if (batches.has(name)) return
      const items = Array.from({ length: batch.total }, (): KeptItem => ({
        state: 'waiting',
        attempts: 0,
        result: {},
        dueAtMs: 0,
        leasedUntilMs: 0,
      }))
      batches.set(name, { batch, items })
    },
    get: async (key) => {
      const kept = find(key)
      if (kept !== undefined) reclaim(kept)
      return kept === undefined ? undefined : toBatch(kept)
    },
    list: async (organization, limit) =>
      [...batches.values()]
        .filter(({ batch }) => batch.organization === organization)
        .toReversed()
        .slice(0, limit)
        .map(toBatch),
    items: async (key, { states, after, limit }) =>
      (find(key)?.items ?? [])
        .map((item, index): BatchItem =>
          Object.assign({ index, state: item.state, attempts: item.attempts }, item.result),
        )
        .filter(({ index, state }) => index > after && (states?.includes(state) ?? true))
        .slice(0, limit),
    take: async (key, leaseMs) => {
      const kept = find(key)
      if (kept === undefined || kept.closed !== undefined) return undefined
      reclaim(kept)
      const index = kept.items.findIndex(({ state, dueAtMs }) => state === 'waiting' && dueAtMs <= clock.now())
      const item = kept.items[index]
      if (item === undefined) return undefined
      item.state = 'running'
      item.attempts += 1
      item.token = freshId()
      item.leasedUntilMs = clock.now() + leaseMs
      kept.hindrance = undefined
      return { index, attempt: item.attempts, token: item.token }
    },
    renew: async (key, taken, leaseMs) => {
      const item = held(key, taken)
      if (item === undefined) return 'lost'
      item.leasedUntilMs = clock.now() + leaseMs
      return isCancelled(find(key)) ? 'closed' : 'held'
    },
    finish: async (key, taken, { state, result }) => {
      const item = held(key, taken)
      if (item === undefined) return false
      Object.assign(item, { state, result, token: undefined })
      return true
    },
    putBack: async (key, taken, result) => {
      const kept = find(key)
      const item = held(key, taken)
      if (kept === undefined || item === undefined) return false
      const dueAtMs = clock.now() + backoffMs(kept.batch, item.attempts)
      const state = kept.closed === undefined ? 'waiting' : 'cancelled'
      Object.assign(item, { state, result, dueAtMs, token: undefined })
      return true
    },
    leave: async (key, taken) => {
      const item = held(key, taken)
      if (item === undefined) return
      const state = find(key)?.closed === undefined ? 'waiting' : 'cancelled'
      Object.assign(item, { state, attempts: item.attempts - 1, token: undefined })
    },
    hinder: async (key, hindrance) => {
      const kept = find(key)
      if (kept !== undefined) kept.hindrance = hindrance
    },
    giveUp: async (key, failure) => {
      const kept = find(key)
      if (kept !== undefined) kept.failure ??= failure
    },
    close: async (key, how) => {
      const kept = find(key)
      if (kept === undefined || kept.closed === 'end') return
      kept.closed = how
      kept.closedAtMs ??= clock.now()
      for (const item of kept.items) {
        if (item.state === 'waiting' || (how === 'end' && item.state === 'running')) {
          Object.assign(item, { state: 'cancelled', token: undefined })
        }
      }
    },
  }
}

const workerDied: ErrorData = {
  kind: 'operation',
  code: 'interrupted',
  message: 'the worker died in the middle of it each time',
  retryable: false,
}

function isCancelled(kept: KeptBatch | undefined): boolean {
  return kept?.closed === 'cancel' || kept?.closed === 'end'
}

/** Exponential, one half of it by chance, so that what failed together does not come back together. */
function backoffMs({ retry: { delayMs, maxDelayMs } }: NewBatch, attempts: number): number {
  return Math.min(maxDelayMs, delayMs * 2 ** (attempts - 1) * (0.5 + Math.random() / 2))
}

function toBatch({ batch, items, hindrance, failure, closedAtMs }: KeptBatch): Batch {
  const count = (state: ItemState) => items.filter((item) => item.state === state).length
  return {
    ...batch,
    counts: {
      waiting: count('waiting'),
      running: count('running'),
      succeeded: count('succeeded'),
      dead: count('dead'),
      cancelled: count('cancelled'),
    },
    retries: items.reduce((total, { attempts }) => total + Math.max(0, attempts - 1), 0),
    hindrance,
    failure,
    closedAtMs,
  }
}
