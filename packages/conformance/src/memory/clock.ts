import { type Clock, systemClock } from '@caisson/core'

/** Time and timers, so that a test can own both. */
export interface MemoryClock extends Clock {
  /** Calls back once after `delayMs`; the returned function gives it up. An `idle` timer does not keep the process alive. */
  readonly schedule: (callback: () => void, delayMs: number, hold?: 'idle') => () => void
}

export interface VirtualClock extends MemoryClock {
  /** Moves the time on and runs what falls due, in order. Resolves when its immediate consequences have settled. */
  readonly advance: (ms: number) => Promise<void>
}

const longestTimerMs = 2 ** 31 - 1

export const systemMemoryClock: MemoryClock = {
  now: systemClock.now,
  schedule: (callback, delayMs, hold) => {
    const timer = setTimeout(callback, Math.min(Math.max(0, delayMs), longestTimerMs))
    if (hold === 'idle') timer.unref()
    return () => clearTimeout(timer)
  },
}

/** A clock that stands still until `advance` is called. */
export function createVirtualClock(startAtMs = 1_700_000_000_000): VirtualClock {
  let nowMs = startAtMs
  const timers = new Set<{ readonly atMs: number; readonly callback: () => void }>()
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    now: () => nowMs,
    schedule: (callback, delayMs) => {
      const timer = { atMs: nowMs + Math.max(0, delayMs), callback }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance: async (ms) => {
      await settle()
      const endMs = nowMs + ms
      for (;;) {
        const due = [...timers].filter((timer) => timer.atMs <= endMs).sort((left, right) => left.atMs - right.atMs)[0]
        if (due === undefined) break
        timers.delete(due)
        nowMs = Math.max(nowMs, due.atMs)
        due.callback()
        await settle()
      }
      nowMs = endMs
    },
  }
}
