import { type ErrorData, isOperationError, isSandboxError, type ProcessOutcome } from '@caisson/core'

/** Whether another try of the same item may end differently. Decided by the kind of outcome and by codes, never by texts. */
export function mayTryAgain(
  { outcome, error }: { readonly outcome?: ProcessOutcome | undefined; readonly error?: ErrorData | undefined },
  permanentExitCodes: readonly number[],
): boolean {
  if (outcome === undefined) return error === undefined || error.kind === 'sandbox'
  switch (outcome.kind) {
    case 'exited':
      // It ended well, and what it gave could not be kept: it would give the same again.
      return outcome.code !== 0 && !permanentExitCodes.includes(outcome.code)
    case 'signaled':
    case 'timed-out':
      return true
    case 'output-limit':
    case 'out-of-memory':
    case 'cancelled':
      return false
  }
}

/** Whether a sandbox that could not be had now may be had later: a quota, a budget, an adapter that is full or away. */
export function mayHaveRoomLater(error: unknown): boolean {
  if (isOperationError(error)) return error.code === 'quota-exceeded' || error.retryable
  return isSandboxError(error) && (error.retryable || roomCodes.has(error.code))
}

const roomCodes: ReadonlySet<string> = new Set(['quota-exceeded', 'rate-limited', 'unavailable', 'timeout', 'no-space'])
