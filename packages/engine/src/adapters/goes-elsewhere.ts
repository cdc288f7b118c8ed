import { isOperationError, isSandboxError, type SandboxErrorCode } from '@caisson/core'

/** Whether another adapter may succeed where this one could not create a sandbox. */
export function createGoesElsewhere(error: unknown): boolean {
  // What a quota or a budget has no room for, it has no room for anywhere.
  if (isOperationError(error)) return false
  return !isSandboxError(error) || (error.code !== 'invalid-argument' && error.code !== 'cancelled')
}

/** Whether a sandbox failed as such, rather than refused what it was asked for. */
export function sandboxFailed(error: unknown): boolean {
  return isSandboxError(error) && failures.has(error.code)
}

const failures: ReadonlySet<SandboxErrorCode> = new Set([
  'sandbox-not-found',
  'unauthenticated',
  'permission-denied',
  'rate-limited',
  'unavailable',
  'runtime-missing',
  'timeout',
  'protocol',
  'provider',
])
