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
      // What is stopped costs its disk alone.
      perPausedGibHour: 0,
      perDiskGibHour: 0.000108,
      source:
        'daytona.io/pricing as quoted by api-evangelist/daytona-io; the first 5 GiB of an organization, which cost nothing, are left out',
      asOf: '2026-05-25',
    },
  },
]
