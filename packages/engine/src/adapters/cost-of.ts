import { defaultResources, gib, hourMs, type Operation, type Price } from '@caisson/core'

/** What a sandbox of this size costs for this long. */
export function costOf(price: Price, resources: Operation['resources'], durationMs: number): number {
  const { cpus = defaultResources.cpus, memoryBytes = defaultResources.memoryBytes } = resources
  return ((cpus * price.perCpuHour + (memoryBytes / gib) * price.perGibHour) * durationMs) / hourMs
}
