import type { CostEstimate } from '@caisson/core'
import { costOf, type Size } from './cost-by-day.ts'
import { fromNanos } from './money.ts'
import { type BookedPrice, priceBook } from './price-book.ts'

/** What the same sandboxes would cost with each provider of the book, whether or not it is configured. */
export function costElsewhere(
  size: Size,
  { sandboxes, durationMs }: { readonly sandboxes: number; readonly durationMs: number },
  book: readonly BookedPrice[] = priceBook,
): readonly (CostEstimate & { readonly provider: string })[] {
  return book.map(({ provider, price }) => ({
    provider,
    amountUsd: fromNanos(sandboxes * costOf(price, size, { runningMs: durationMs })),
    durationMs,
    basis: `${sandboxes} × ${size.cpus} CPU and ${size.memoryBytes} bytes of memory; prices: ${price.source}, ${price.asOf}`,
  }))
}
