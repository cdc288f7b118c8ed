/** Money is counted in whole billionths of a dollar: sums of them are exact. */
export const nanosPerUsd = 1_000_000_000

export function toNanos(usd: number): number {
  return Math.round(usd * nanosPerUsd)
}

export function fromNanos(nanos: number): number {
  return nanos / nanosPerUsd
}
