import { operationStatus } from '@caisson/compat-kit'
import { isOperationError, isSandboxError, type SandboxErrorCode } from '@caisson/core'
import type { DaemonErrorCode, ErrorResponse } from '@daytona/toolbox-api-client'

/** Which part of Daytona a failure is said to come from: clients choose the class of an error by it, together with the code. */
export type ErrorSource = 'DAYTONA_API' | 'DAYTONA_DAEMON' | 'DAYTONA_PROXY'

interface Details {
  readonly code?: DaemonErrorCode | undefined
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/** A failure as Daytona's clients read it. */
export class DaytonaError extends Error {
  override readonly name = 'DaytonaError'
  readonly status: number
  readonly code: DaemonErrorCode | undefined
  readonly retryAfterMs: number | undefined

  constructor(status: number, message: string, { code, retryAfterMs, cause }: Details = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.status = status
    this.code = code ?? byStatus[status]
    this.retryAfterMs = retryAfterMs
  }
}

const byStatus: Readonly<Record<number, DaemonErrorCode>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  408: 'REQUEST_TIMEOUT',
  409: 'CONFLICT',
  410: 'GONE',
  422: 'UNPROCESSABLE_ENTITY',
  500: 'INTERNAL_SERVER_ERROR',
}

const bySandboxCode: Readonly<Record<SandboxErrorCode, readonly [status: number, code?: DaemonErrorCode]>> = {
  'invalid-argument': [400],
  unauthenticated: [401],
  'permission-denied': [403, 'FILE_ACCESS_DENIED'],
  'sandbox-not-found': [404],
  'template-not-found': [404],
  'process-not-found': [404, 'PROCESS_NOT_FOUND'],
  'context-not-found': [404],
  'path-not-found': [404, 'FILE_NOT_FOUND'],
  'path-exists': [409],
  'not-a-directory': [400],
  'is-a-directory': [400],
  'no-space': [507],
  'too-large': [413],
  conflict: [409],
  unsupported: [400],
  'quota-exceeded': [429],
  'rate-limited': [429],
  unavailable: [503],
  'runtime-missing': [503],
  timeout: [504],
  cancelled: [499],
  protocol: [500],
  provider: [500],
}

/** Any failure in Daytona's terms. What nobody expected keeps its message to itself: it may hold anything. */
export function toDaytonaError(error: unknown): DaytonaError {
  if (error instanceof DaytonaError) return error
  if (!isSandboxError(error) && !isOperationError(error))
    return new DaytonaError(500, 'the service failed', { cause: error })
  const [status, code] = isSandboxError(error) ? bySandboxCode[error.code] : [operationStatus[error.code]]
  const { retryAfterMs } = error
  const message = error.remedy === undefined ? error.message : `${error.message}: ${error.remedy}`
  return new DaytonaError(status, message, { code, cause: error, retryAfterMs })
}

/** The body of an answer that refuses. */
export function errorBody(
  error: DaytonaError,
  { method, path, source }: { readonly method: string; readonly path: string; readonly source: ErrorSource },
): ErrorResponse {
  return {
    statusCode: error.status,
    message: error.message,
    ...(error.code === undefined ? {} : { code: error.code }),
    source,
    timestamp: new Date().toISOString(),
    path,
    method,
  }
}
