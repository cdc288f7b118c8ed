export { costElsewhere } from './cost-elsewhere.ts'
export { costByDay, costOf, type DayCost, type Pause, type Size, type Stay } from './cost-by-day.ts'
export { type BookedPrice, priceBook } from './price-book.ts'
export { fromNanos, nanosPerUsd, toNanos } from './money.ts'
