/** Node and Bun fire timers of more than 31 bits at once. */
const longestTimerMs = 0x7fff_ffff
/** A timer that comes later than this did not run because the sandbox was paused. */
const lateMs = 1000
/** How long a sandbox that wakes up after its end is given to be prolonged. */
const graceMs = 5000

/** The time that a sandbox has left, on a clock that nobody can set. */
export interface Lifetime {
  /** Lets it end that long from now. It may come nearer. */
  readonly set: (lifetimeMs: number) => void
}

export function createLifetime(end: () => void): Lifetime {
  let timer: ReturnType<typeof setTimeout> | undefined
  const waitUntil = (endsAtMs: number): void => {
    clearTimeout(timer)
    timer = setTimeout(
      () => {
        const leftMs = endsAtMs - performance.now()
        if (leftMs > 0) waitUntil(endsAtMs)
        else if (leftMs < -lateMs) waitUntil(performance.now() + graceMs)
        else end()
      },
      Math.min(Math.max(endsAtMs - performance.now(), 0), longestTimerMs),
    )
  }
  return { set: (lifetimeMs) => waitUntil(performance.now() + lifetimeMs) }
}
