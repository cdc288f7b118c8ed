import { operationStatus } from '@caisson/compat-kit'
import { isOperationError, isSandboxError, type SandboxErrorCode } from '@caisson/core'

/** A failure as E2B's clients read it: a status, and a body `{code, message}` in which `code` is that status again. */
export class E2bError extends Error {
  override readonly name = 'E2bError'
  readonly status: number
  readonly retryAfterMs: number | undefined

  constructor(
    status: number,
    message: string,
    { retryAfterMs, cause }: { retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = status
    this.retryAfterMs = retryAfterMs
  }
}

const bySandboxCode: Readonly<Record<SandboxErrorCode, number>> = {
  'invalid-argument': 400,
  unauthenticated: 401,
  'permission-denied': 403,
  'sandbox-not-found': 404,
  'template-not-found': 404,
  'process-not-found': 404,
  'context-not-found': 404,
  'path-not-found': 404,
  'path-exists': 409,
  'not-a-directory': 400,
  'is-a-directory': 400,
  'no-space': 507,
  'too-large': 413,
  conflict: 409,
  unsupported: 400,
  'quota-exceeded': 429,
  'rate-limited': 429,
  unavailable: 503,
  'runtime-missing': 503,
  timeout: 504,
  cancelled: 499,
  protocol: 500,
  provider: 500,
}

/** Any failure in E2B's terms. What nobody expected keeps its message to itself: it may hold anything. */
export function toE2bError(error: unknown): E2bError {
  if (error instanceof E2bError) return error
  if (!isSandboxError(error) && !isOperationError(error))
    return new E2bError(500, 'the service failed', { cause: error })
  const status = isSandboxError(error) ? bySandboxCode[error.code] : operationStatus[error.code]
  const { retryAfterMs } = error
  const message = error.remedy === undefined ? error.message : `${error.message}: ${error.remedy}`
  return new E2bError(status, message, { cause: error, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) })
}
