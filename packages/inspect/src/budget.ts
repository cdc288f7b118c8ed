/** How much work hostile input may cause. Shared by all parts of one operation. */
export interface Budget {
  /** Takes one step. `false`: it is used up, and what follows is not looked at. */
  readonly step: () => boolean
  readonly isSpent: () => boolean
}

const timeEvery = 256

export function createBudget(limits: { readonly steps: number; readonly durationMs: number }): Budget {
  const end = performance.now() + limits.durationMs
  let steps = 0
  let spent = false
  return {
    step: () => {
      if (++steps > limits.steps || (steps % timeEvery === 0 && performance.now() > end)) spent = true
      return !spent
    },
    isSpent: () => spent || performance.now() > end,
  }
}
