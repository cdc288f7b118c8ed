import { type ErrorData, OperationError, type ProcessOutcome, toErrorData } from '@caisson/core'
import type { Json } from './runner.ts'

/** One item on its way through a batch. */
export interface Item {
  readonly index: number
  readonly value: Json
  /** 1 for the first try. */
  readonly tries: number
}

export interface ItemResult {
  readonly succeeded: boolean
  readonly outcome?: ProcessOutcome | undefined
  readonly result?: Json | undefined
  /** Of a failure. */
  readonly stderr?: string | undefined
  readonly error?: ErrorData | undefined
}

/** The items that are to be done, and what became of those that are. */
export interface ItemQueue {
  readonly total: number
  readonly next: () => Item | undefined
  readonly isEmpty: () => boolean
  /** Puts an item back that was lost with its sandbox. `false` when that happened before. */
  readonly retry: (item: Item) => boolean
  readonly finish: (item: Item, result: ItemResult) => void
  readonly done: () => number
  /** One per item, in order. What was not done says so. */
  readonly results: () => readonly ItemResult[]
}

const maxTries = 2

/** `limitBytes` bounds all results together. */
export function createItemQueue(items: readonly Json[], limitBytes: number): ItemQueue {
  const lost: Item[] = []
  const results: (ItemResult | undefined)[] = items.map(() => undefined)
  let position = 0
  let done = 0
  let room = limitBytes

  return {
    total: items.length,
    isEmpty: () => lost.length === 0 && position >= items.length,
    next: () => {
      const again = lost.shift()
      if (again !== undefined || position >= items.length) return again
      const index = position++
      return { index, value: items[index] ?? null, tries: 1 }
    },
    retry: (item) => {
      if (item.tries >= maxTries) return false
      lost.push({ ...item, tries: item.tries + 1 })
      return true
    },
    finish: (item, result) => {
      room -= Buffer.byteLength(JSON.stringify([result.result ?? null, result.stderr ?? null]))
      results[item.index] = room >= 0 ? result : tooMuch(limitBytes)
      done += 1
    },
    done: () => done,
    results: () => results.map((result) => result ?? notDone()),
  }
}

function tooMuch(limitBytes: number): ItemResult {
  const error = new OperationError('quota-exceeded', `the results of a batch are limited to ${limitBytes} bytes`, {
    field: 'input.items',
    remedy: 'print less, or keep results as artifacts',
  })
  return { succeeded: false, error: toErrorData(error) }
}

function notDone(): ItemResult {
  return { succeeded: false, error: toErrorData(new OperationError('cancelled', 'the batch ended before this item')) }
}
