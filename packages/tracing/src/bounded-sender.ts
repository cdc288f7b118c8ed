import { type ErrorListener, harmless } from './error-listener.ts'

export interface BoundedSender<Item> {
  /** Never waits. What finds no room is dropped and counted. */
  readonly add: (item: Item) => void
  /** Resolves when all so far is delivered or lost. */
  readonly flush: () => Promise<void>
  /** Gives up what is under way and what waits. What comes later is dropped. */
  readonly abandon: () => void
  /** Items lost so far. */
  readonly dropped: () => number
}

export interface BoundedSenderOptions<Item> {
  /** Delivers a batch, and says how many items of it were refused. Rejects when none was taken. */
  readonly send: (batch: readonly Item[], signal: AbortSignal) => Promise<number>
  /** How many may wait. */
  readonly maxQueued: number
  readonly batchSize: number
  /** How long items are gathered before they are sent. */
  readonly intervalMs: number
  readonly onError?: ErrorListener | undefined
}

/** Delivers in the background, in batches, one at a time, through a queue of bounded length. */
export function boundedSender<Item>(options: BoundedSenderOptions<Item>): BoundedSender<Item> {
  const { send, maxQueued, batchSize, intervalMs } = options
  const onError = harmless(options.onError)
  const ending = new AbortController()
  const queue: Item[] = []
  let dropped = 0
  /** A full queue is told once, until there was room again. */
  let isFull = false
  let sending: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue.splice(0, batchSize)
      isFull = false
      try {
        dropped += await send(batch, ending.signal)
      } catch (error) {
        dropped += batch.length
        onError(error)
      }
    }
  }
  const flush = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    await (sending ??= drain().finally(() => {
      sending = undefined
    }))
  }

  return {
    add: (item) => {
      if (queue.length >= maxQueued || ending.signal.aborted) {
        dropped += 1
        if (!isFull) onError(new Error(`the queue of ${maxQueued} is full; traces are being dropped`))
        isFull = true
        return
      }
      queue.push(item)
      if (queue.length >= batchSize) void flush()
      else timer ??= setTimeout(() => void flush(), intervalMs).unref()
    },
    flush,
    abandon: () => {
      clearTimeout(timer)
      dropped += queue.splice(0).length
      ending.abort()
    },
    dropped: () => dropped,
  }
}
