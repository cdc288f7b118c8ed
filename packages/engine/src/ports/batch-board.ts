import type { BatchKey } from './batch-store.ts'

/** A share in the work on a batch: one sandbox at a time that takes one item after the other. */
export interface BatchSlot extends BatchKey {
  readonly slot: string
}

/** `over`: the slot has nothing more to do, ever. Otherwise it is to be served again after this time. */
export type SlotOutcome = 'over' | { readonly againInMs: number }

/** Serves a slot until there is nothing to do right now. Rejects when it breaks off; the slot is then to be served again. */
export type ServeSlot = (slot: BatchSlot, signal: AbortSignal) => Promise<SlotOutcome>

/** Brings the slots of batches to those who serve them: in this process, or in any of several. */
export interface BatchBoard {
  /** Has the slots served that are not served already. Idempotent. */
  readonly post: (key: BatchKey, slots: readonly string[]) => Promise<void>
  /** From now on slots may be served here, until it is disposed of: what is served then is broken off. */
  readonly attend: (serve: ServeSlot) => Promise<AsyncDisposable>
  /** The batch is over. Resolves when no slot of it is served here. */
  readonly settled: (key: BatchKey) => Promise<void>
}
