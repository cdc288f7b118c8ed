import { gib, type Price } from '@caisson/core'
import type { Size } from './cost-by-day.ts'

/**
 * What sandboxes cost on a machine that is paid by the hour: half of it is shared out by CPUs and half by memory, so that sandboxes which
 * fill the machine cost what it costs.
 */
export function hostPrice(usdPerHour: number, machine: Size, asOf: string): Price {
  return {
    currency: 'USD',
    perCpuHour: usdPerHour / 2 / machine.cpus,
    perGibHour: usdPerHour / 2 / (machine.memoryBytes / gib),
    // Memory of what is paused is taken all the same.
    perPausedGibHour: usdPerHour / 2 / (machine.memoryBytes / gib),
    source: `$${usdPerHour} an hour for a machine of ${machine.cpus} CPUs and ${Math.round(machine.memoryBytes / gib)} GiB`,
    asOf,
  }
}
