import { setTimeout } from 'node:timers/promises'
import type { Logger } from '@caisson/engine'

/** Does `work` now and then until disposed, never twice at a time. Disposing waits for what is under way. */
export function repeat(work: () => Promise<void>, everyMs: number, logger: Logger): AsyncDisposable {
  const stopping = new AbortController()
  const { signal } = stopping
  const working = (async () => {
    for (;;) {
      await setTimeout(everyMs, undefined, { ref: false, signal }).catch(() => undefined)
      if (signal.aborted) return
      await work().catch((err: unknown) => logger.warn({ err }, 'work in the background failed'))
    }
  })()

  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      await working
    },
  }
}
