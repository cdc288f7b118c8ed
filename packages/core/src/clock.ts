/** Where the time comes from. Injected, so that tests and replays own it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export const systemClock: Clock = { now: () => Date.now() }
