import { setTimeout as delay } from 'node:timers/promises'
import { type CallOptions, isSandboxError } from '@caisson/core'
import type { DaemonCalls } from './daemon-calls.ts'
import { limits } from './limits.ts'

/**
 * Repeats what can be repeated without harm while the daemon cannot be reached: a few times when the sandbox should be there, and for as
 * long as it takes while it is paused.
 */
export async function retryWhileUnreachable<Result>(
  calls: DaemonCalls,
  { signal, deadline = Infinity }: CallOptions,
  attempt: () => Promise<Result>,
): Promise<Result> {
  let failures = 0
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      const isLost = isSandboxError(error) && (error.code === 'unavailable' || error.code === 'timeout')
      if (!isLost || signal?.aborted === true || Date.now() >= deadline) throw error
      const paused = await calls.isPaused()
      failures = paused ? 0 : failures + 1
      if (failures > limits.resumeAttempts) throw error
      await delay(paused ? limits.pausePollMs : 20 * 2 ** failures)
    }
  }
}
