/**
 * Does the work, unless the signal comes first: then it rejects with the signal's reason, at once when it has come already. Not every client of an engine
 * or a cloud takes a signal, so what is given up may go on, and is waited for by nobody.
 */
export async function orAborted<Answer>(
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work(signal), aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
