/** An amount as people read it: four digits of it, and never in powers of ten. */
export function formatUsd(amountUsd: number): string {
  return `$${amountUsd !== 0 && amountUsd < 1e-6 ? amountUsd.toFixed(10) : Number(amountUsd.toPrecision(4))}`
}
