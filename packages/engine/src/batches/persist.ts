import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, isSandboxError } from '@caisson/core'

const againMs = 250

export interface PersistOptions {
  readonly clock: Clock
  /** How long it is tried. */
  readonly forMs: number
  readonly stop: AbortSignal
}

/** Asks a store again that cannot be reached for a moment: what was done is not to be lost for that. */
export async function persist<Value>(
  ask: () => Promise<Value>,
  { clock, forMs, stop }: PersistOptions,
): Promise<Value> {
  const endsAtMs = clock.now() + forMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const passes = isSandboxError(error) && error.code === 'unavailable'
      if (!passes || stop.aborted || clock.now() >= endsAtMs) throw error
      await delay(againMs, undefined, { signal: stop }).catch(() => undefined)
    }
  }
}
