import { allocatedResources, type CostEstimate, gib, hourMs, type Operation, type Price } from '@caisson/core'
import type { Facts } from './facts.ts'

/** What the operation would cost at this price: allocated resources for the expected time, in every sandbox at once. */
export function estimateCost(
  price: Price,
  operation: Operation,
  facts: Pick<Facts, 'parallelism' | 'expectedDurationMs'>,
): CostEstimate {
  const { cpus, memoryBytes, diskBytes } = allocatedResources(operation.resources)
  const memoryGib = memoryBytes / gib
  const diskGib = diskBytes / gib
  const { perCpuHour, perGibHour, perDiskGibHour = 0 } = price
  const perHour = cpus * perCpuHour + memoryGib * perGibHour + diskGib * perDiskGibHour
  const { parallelism, expectedDurationMs: durationMs } = facts
  return {
    amountUsd: (perHour * parallelism * durationMs) / hourMs,
    durationMs,
    basis:
      `${parallelism} × (${cpus} CPU × $${perCpuHour}/h + ${memoryGib} GiB × $${perGibHour}/h` +
      `${perDiskGibHour === 0 ? '' : ` + ${diskGib} GiB of disk × $${perDiskGibHour}/h`})` +
      ` for ${durationMs / 1000} s; prices: ${price.source}, ${price.asOf}`,
  }
}
