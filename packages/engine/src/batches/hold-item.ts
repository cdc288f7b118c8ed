import { OperationError, secondMs, toErrorData } from '@caisson/core'
import type { BatchKey, TakenItem } from '../ports/batch-store.ts'
import type { Services } from '../services.ts'

/** An item that is kept from others until it is disposed of. */
export interface HeldItem extends Disposable {
  readonly item: TakenItem
  /** Aborts when the item is somebody else's, or its batch is cancelled. */
  readonly signal: AbortSignal
  readonly state: () => 'held' | 'lost' | 'closed'
}

const mostOftenMs = secondMs

/** Takes an item that is due, if there is one. It is renewed again and again; if that does not succeed in time it counts as lost. */
export async function holdItem(services: Services, key: BatchKey): Promise<HeldItem | undefined> {
  const { stores, limits, clock, logger } = services
  const takenAtMs = clock.now()
  const item = await stores.batches.take(key, limits.claimMs)
  if (item === undefined) return undefined
  const ending = new AbortController()
  let state: 'held' | 'lost' | 'closed' = 'held'
  let heldUntilMs = takenAtMs + limits.claimMs
  let renewing = false

  const end = (as: 'lost' | 'closed') => {
    if (state !== 'held') return
    state = as
    const message = as === 'lost' ? 'the item was given to another worker' : 'the batch was cancelled'
    ending.abort(new OperationError('cancelled', message))
  }
  const renew = async () => {
    const askedAtMs = clock.now()
    const answer = await stores.batches.renew(key, item, limits.claimMs)
    if (answer === 'held') heldUntilMs = askedAtMs + limits.claimMs
    else end(answer)
  }
  const beat = () => {
    if (clock.now() >= heldUntilMs) end('lost')
    if (renewing || state === 'lost') return
    renewing = true
    void renew()
      .catch((error: unknown) => logger.warn({ run: key.run, error: toErrorData(error) }, 'an item was not renewed'))
      .finally(() => {
        renewing = false
      })
  }
  const timer = setInterval(beat, Math.min(mostOftenMs, limits.claimMs / 3)).unref()
  return { item, signal: ending.signal, state: () => state, [Symbol.dispose]: () => clearInterval(timer) }
}
