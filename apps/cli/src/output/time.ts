/** A length of time for people: `340 ms`, `1.2 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs)} ms`
  const seconds = durationMs / 1000
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** How long ago something was, for people. */
export function formatAge(atMs: number): string {
  return `${formatDuration(Math.max(0, Date.now() - atMs))} ago`
}

export function formatCost(amountUsd: number): string {
  return amountUsd === 0 ? '$0' : `$${amountUsd.toPrecision(2)}`
}
