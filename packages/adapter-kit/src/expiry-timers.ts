/** Sees to the end of life of sandboxes for as long as this process lives. */
export interface ExpiryTimers {
  /**
   * Calls `expire` when the time is over: it reads anew when the end is, does what the end asks for if it has come, and resolves to the time until it
   * should be asked again; undefined when there is nothing to wait for. A later call for the same id replaces an earlier one.
   */
  readonly watch: (id: string, inMs: number, expire: () => Promise<number | undefined>) => void
  readonly close: () => void
}

/** Node fires timers of more than 31 bits at once; the end is read anew anyway. */
const longestMs = 3_600_000
/** When an end did not succeed it is tried again. */
const againMs = 1000

export function createExpiryTimers(): ExpiryTimers {
  const timers = new Map<string, NodeJS.Timeout>()
  const watch: ExpiryTimers['watch'] = (id, inMs, expire) => {
    clearTimeout(timers.get(id))
    const look = async (): Promise<void> => {
      timers.delete(id)
      const leftMs = await expire().catch(() => againMs)
      if (leftMs !== undefined) watch(id, leftMs, expire)
    }
    const timer = setTimeout(() => void look(), Math.min(Math.max(inMs, 0) + 1, longestMs))
    timers.set(id, timer.unref())
  }
  return {
    watch,
    close: () => {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}
