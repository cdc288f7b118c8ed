import { threadCpuUsage } from 'node:process'

/** How much work hostile input may cause. */
export interface Budget {
  /** Takes one step. `false`: it is used up, and what follows is not looked at. */
  readonly step: () => boolean
  readonly isSpent: () => boolean
}

const timeEvery = 256

/** Counts the processor's time, not the clock's: how busy a machine is changes no finding. */
export function createBudget(limits: { readonly steps: number; readonly cpuMs: number }): Budget {
  const end = cpuMs() + limits.cpuMs
  let steps = 0
  let spent = false
  return {
    step: () => {
      if (++steps > limits.steps || (steps % timeEvery === 0 && cpuMs() > end)) spent = true
      return !spent
    },
    isSpent: () => spent || cpuMs() > end,
  }
}

function cpuMs(): number {
  const { user, system } = threadCpuUsage()
  return (user + system) / 1000
}
