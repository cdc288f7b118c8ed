/** Lets many wait until something has changed. Whoever wakes looks again by itself. */
export interface Wake {
  readonly wait: () => Promise<void>
  readonly all: () => void
}

export function createWake(): Wake {
  let waiting: (() => void)[] = []
  return {
    wait: async () => await new Promise<void>((resolve) => waiting.push(resolve)),
    all: () => {
      const woken = waiting
      waiting = []
      for (const resolve of woken) resolve()
    },
  }
}
