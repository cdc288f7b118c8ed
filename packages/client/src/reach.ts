import { isSandboxError, OperationError, type Run, runSchema } from '@caisson/core'
import type { Connection } from './connection.ts'

/** A run as it is now, asked for until the service answers. When it cannot be reached for `reconnectMs`, throws what the last try met. */
export async function reach(
  connection: Connection,
  signal: AbortSignal | undefined,
  request: (trpc: Connection['trpc']) => Promise<unknown>,
): Promise<Run> {
  const giveUpAtMs = Date.now() + connection.reconnectMs
  for (let waitMs = 50; ; waitMs = Math.min(waitMs * 2, 2000)) {
    if (signal?.aborted === true) throw new OperationError('cancelled', 'the caller stopped following the run')
    try {
      return await connection.ask(runSchema, request)
    } catch (error) {
      if (!isSandboxError(error) || !error.retryable || Date.now() > giveUpAtMs) throw error
    }
    await pause(waitMs, signal)
  }
}

/** Resolves when the time is over or the signal aborts. */
export async function pause(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, durationMs)
    signal?.addEventListener('abort', done, { once: true })
    if (signal?.aborted === true) done()
  })
}
