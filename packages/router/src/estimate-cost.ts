import { type CostEstimate, defaultResources, gib, hourMs, type Operation, type Price } from '@caisson/core'
import type { Facts } from './facts.ts'

/** What the operation would cost at this price: allocated resources for the expected time, in every sandbox at once. */
export function estimateCost(
  price: Price,
  operation: Operation,
  facts: Pick<Facts, 'parallelism' | 'expectedDurationMs'>,
): CostEstimate {
  const { cpus = defaultResources.cpus, memoryBytes = defaultResources.memoryBytes } = operation.resources
  const memoryGib = memoryBytes / gib
  const perHour = cpus * price.perCpuHour + memoryGib * price.perGibHour
  const { parallelism, expectedDurationMs: durationMs } = facts
  return {
    amountUsd: (perHour * parallelism * durationMs) / hourMs,
    durationMs,
    basis:
      `${parallelism} × (${cpus} CPU × $${price.perCpuHour}/h + ${memoryGib} GiB × $${price.perGibHour}/h)` +
      ` for ${durationMs / 1000} s; prices: ${price.source}, ${price.asOf}`,
  }
}
