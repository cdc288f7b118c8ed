/** Ends what takes longer than it may. One timer for all, which stays when what it was for is over: to set one for each question costs more than the question. It does not keep the program running. */
export interface Deadlines {
  /** Calls `expire` unless it is forgotten before. In milliseconds from now; at once if there are none. */
  readonly add: (withinMs: number, expire: () => void) => Deadline
  readonly forget: (deadline: Deadline) => void
}

export interface Deadline {
  readonly atMs: number
  readonly expire: () => void
}

/** A timer of more than 31 bits would fire at once. */
const longestTimerMs = 0x7fff_ffff

export function createDeadlines(): Deadlines {
  const waiting = new Set<Deadline>()
  let timer: NodeJS.Timeout | undefined
  let firesAtMs = Infinity

  function fireAt(atMs: number): void {
    clearTimeout(timer)
    firesAtMs = atMs
    timer = setTimeout(sweep, Math.min(Math.max(atMs - performance.now(), 0), longestTimerMs))
    timer.unref()
  }

  function sweep(): void {
    firesAtMs = Infinity
    const nowMs = performance.now()
    for (const deadline of waiting) {
      if (deadline.atMs > nowMs) continue
      waiting.delete(deadline)
      deadline.expire()
    }
    const nextMs = waiting.values().reduce((first, { atMs }) => Math.min(first, atMs), Infinity)
    if (nextMs < firesAtMs) fireAt(nextMs)
  }

  return {
    add: (withinMs, expire) => {
      const deadline = { atMs: performance.now() + withinMs, expire }
      waiting.add(deadline)
      if (deadline.atMs < firesAtMs) fireAt(deadline.atMs)
      return deadline
    },
    forget: (deadline) => void waiting.delete(deadline),
  }
}
