import type { Price } from '@caisson/core'

/** What a provider charges, whether or not it is configured here. */
export interface BookedPrice {
  readonly provider: string
  readonly price: Price
}

/** Published prices. Change a figure together with its source and its day. */
export const priceBook: readonly BookedPrice[] = [
  {
    provider: 'e2b',
    price: {
      currency: 'USD',
      perCpuHour: 0.0504,
      perGibHour: 0.0162,
      // Disk is included, and what is paused is kept for nothing.
      perPausedGibHour: 0,
      perDiskGibHour: 0,
      source: 'e2b.dev/docs/faq/calculate-sandbox-price, without the price of the plan',
      asOf: '2026-11-21',
    },
  },
  {
    provider: 'daytona',
    price: {
      currency: 'USD',
      perCpuHour: 0.0504,
      perGibHour: 0.0162,
      // A stopped sandbox costs its disk, for which no figure was found.
      perPausedGibHour: 0,
      source: 'reported parity with E2B; the price page of Daytona was not read, and disk is left out',
      asOf: '2026-11-21',
    },
  },
]
