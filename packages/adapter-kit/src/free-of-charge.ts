import type { Price } from '@caisson/core'

/** What a machine of one's own costs for one sandbox more. */
export const freeOfCharge: Price = {
  currency: 'USD',
  perCpuHour: 0,
  perGibHour: 0,
  source: 'the machine is there anyway',
  asOf: '2026-11-21',
}
