/** Waits for `work`, but not longer than this; what it takes longer goes on without anybody. Rejects as `work` does. */
export async function withinMs(limitMs: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, limitMs)
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
