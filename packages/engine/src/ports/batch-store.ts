import type { Artifact, ErrorData, OrganizationId, ProcessOutcome, RunId } from '@caisson/core'
import type { Json } from '../runners/runner.ts'

export interface BatchKey {
  readonly organization: OrganizationId
  readonly run: RunId
}

/** When an item that failed is due again, and how often. */
export interface RetryTerms {
  /** How often an item is tried at most. */
  readonly attempts: number
  readonly delayMs: number
  readonly maxDelayMs: number
}

export interface NewBatch extends BatchKey {
  readonly total: number
  readonly retry: RetryTerms
  readonly createdAtMs: number
  /** When the time of the whole run is over. */
  readonly endsAtMs: number
  /** Of the run's span, so that whoever works on it joins its trace. */
  readonly traceparent?: string | undefined
}

/** `dead`: failed, and not tried again. `cancelled`: the batch ended before it. */
export const itemStates = ['waiting', 'running', 'succeeded', 'dead', 'cancelled'] as const
export type ItemState = (typeof itemStates)[number]

/** What became of one try of an item. */
export interface ItemResult {
  readonly outcome?: ProcessOutcome | undefined
  readonly result?: Json | undefined
  /** Of a failure. */
  readonly stderr?: string | undefined
  readonly error?: ErrorData | undefined
  readonly artifacts?: readonly Artifact[] | undefined
}

export interface BatchItem extends ItemResult {
  /** Place among the items of the operation. */
  readonly index: number
  readonly state: ItemState
  /** How often it was begun. */
  readonly attempts: number
}

/** An item in the hands of one worker, until it is finished or put back, or the worker no longer renews it. */
export interface TakenItem {
  readonly index: number
  /** 1 for the first. */
  readonly attempt: number
  /** Tells this taking from every other one: what a worker says that was given up for dead no longer counts. */
  readonly token: string
}

export interface Batch extends Omit<NewBatch, 'retry'> {
  readonly retry: RetryTerms
  readonly counts: Readonly<Record<ItemState, number>>
  /** Tries beyond the first ones. */
  readonly retries: number
  /** Why workers that want to go on have to wait: a quota, a budget, an adapter without room. */
  readonly hindrance?: ErrorData | undefined
  /** Why a worker gave up for good. */
  readonly failure?: ErrorData | undefined
  readonly closedAtMs?: number | undefined
}

/**
 * The items of batches and what became of them. A finished item is never given out again; one whose worker died is, once its time is over.
 * Several engines may share it.
 */
export interface BatchStore {
  /** Stores the batch with all items waiting. One that is there already stays as it is. */
  readonly open: (batch: NewBatch) => Promise<void>
  readonly get: (key: BatchKey) => Promise<Batch | undefined>
  /** Newest first. */
  readonly list: (organization: OrganizationId, limit: number) => Promise<readonly Batch[]>
  /** Those above `after` in order. */
  readonly items: (
    key: BatchKey,
    query: { readonly states?: readonly ItemState[] | undefined; readonly after: number; readonly limit: number },
  ) => Promise<readonly BatchItem[]>
  /** An item that is due, if there is one and the batch is open. It is the worker's for `leaseMs`, unless renewed. */
  readonly take: (key: BatchKey, leaseMs: number) => Promise<TakenItem | undefined>
  /** `lost`: somebody else has it, or may have. `closed`: it is not to be gone on with. */
  readonly renew: (key: BatchKey, item: TakenItem, leaseMs: number) => Promise<'held' | 'lost' | 'closed'>
  /** Says what became of an item for good. `false`: it is no longer this worker's, and nothing happened. */
  readonly finish: (
    key: BatchKey,
    item: TakenItem,
    ending: { readonly state: 'succeeded' | 'dead' | 'cancelled'; readonly result: ItemResult },
  ) => Promise<boolean>
  /** Has a failed item tried again after its delay. `false` as for `finish`. */
  readonly putBack: (key: BatchKey, item: TakenItem, result: ItemResult) => Promise<boolean>
  /** Gives an item back as if it had not been taken. */
  readonly leave: (key: BatchKey, item: TakenItem) => Promise<void>
  /** Says why workers wait, or with `undefined` that they no longer do. */
  readonly hinder: (key: BatchKey, hindrance: ErrorData | undefined) => Promise<void>
  /** Says why a worker gave up for good. The first reason stays. */
  readonly giveUp: (key: BatchKey, failure: ErrorData) => Promise<void>
  /**
   * Nothing is given out any more, and what waits is cancelled. `end` cancels what is under way too, `cancel` tells its workers to. Idempotent.
   */
  readonly close: (key: BatchKey, how: 'drain' | 'cancel' | 'end') => Promise<void>
}
