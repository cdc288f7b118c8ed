/** One way of doing the thing that a case measures. */
export interface Subject {
  readonly name: string
  /** Does it once and returns how much it was: milliseconds unless the case says otherwise. What has to be tidied up is not counted. */
  readonly once: () => Promise<number>
}

/** At most (or, with `atLeast`, at least) `ratio` times what `against` needs. An absolute goal has no `against`. */
export interface Goal {
  readonly against?: string
  readonly atMost: number
}

export interface Prepared extends AsyncDisposable {
  /** Ours first. */
  readonly subjects: readonly Subject[]
  /** Baselines that this machine could not offer, and why. */
  readonly missing: readonly string[]
}

export interface BenchCase {
  /** The row of the table of goals: `P1` … */
  readonly id: string
  readonly title: string
  readonly unit: 'ms' | 'µs' | 'MB'
  readonly goals: readonly Goal[]
  readonly repetitions: number
  /** Throws when the case cannot run here; the message says why. */
  readonly prepare: () => Promise<Prepared>
}
