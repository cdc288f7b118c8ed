/** A connection that a sandbox tried to make and that its policy does not allow. */
export interface EgressDenial {
  readonly sandbox: string
  readonly host: string
  readonly port: number
  /** Machine-readable. */
  readonly reason: string
}

/** Brings what adapters see of denied connections to the traces of the runs that they belong to. */
export interface EgressFeed {
  /** For adapters. Nobody listens: it is forgotten. */
  readonly tell: (denial: EgressDenial) => void
  readonly listen: (sandbox: string, listener: (denial: EgressDenial) => void) => Disposable
}

export function createEgressFeed(): EgressFeed {
  const listeners = new Map<string, Set<(denial: EgressDenial) => void>>()
  return {
    tell: (denial) => {
      for (const listener of listeners.get(denial.sandbox) ?? []) listener(denial)
    },
    listen: (sandbox, listener) => {
      const set = listeners.get(sandbox) ?? new Set()
      listeners.set(sandbox, set.add(listener))
      return {
        [Symbol.dispose]: () => {
          set.delete(listener)
          if (set.size === 0) listeners.delete(sandbox)
        },
      }
    },
  }
}
