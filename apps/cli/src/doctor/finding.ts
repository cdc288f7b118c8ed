/** One thing that was looked at. */
export interface Finding {
  /** What it belongs to; findings of one area stand together. */
  readonly area:
    | 'service'
    | 'runtimes'
    | 'kernel'
    | 'limits'
    | 'engines'
    | 'templates'
    | 'programs'
    | 'disk'
    | 'ports'
    | 'keys'
  readonly what: string
  /** `poor`: something cannot be done, and the rest works. `bad`: without it Caisson does not work here. */
  readonly state: 'good' | 'poor' | 'bad'
  readonly detail: string
  /** The command that mends it, or else what to do. */
  readonly remedy?: string | undefined
}

export function good(area: Finding['area'], what: string, detail: string): Finding {
  return { area, what, state: 'good', detail }
}

export function poor(area: Finding['area'], what: string, detail: string, remedy: string): Finding {
  return { area, what, state: 'poor', detail, remedy }
}

export function bad(area: Finding['area'], what: string, detail: string, remedy: string): Finding {
  return { area, what, state: 'bad', detail, remedy }
}
