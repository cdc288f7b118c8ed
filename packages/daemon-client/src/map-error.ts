import { SandboxError, type SandboxErrorCode } from '@caisson/core'
import { type ConnectCode, WireFormatError } from '@caisson/wire-e2b'

/** What the daemon says about a failed call. */
export interface ReportedFailure {
  readonly code: ConnectCode
  readonly message: string
  readonly errno?: string | undefined
}

/** What a missing thing is for the call that was made. */
export type Subject = 'process' | 'path' | 'context'

const missingCodes: Readonly<Record<Subject, SandboxErrorCode>> = {
  process: 'process-not-found',
  path: 'path-not-found',
  context: 'context-not-found',
}

const byErrno: Readonly<Record<string, SandboxErrorCode>> = {
  ENOENT: 'path-not-found',
  ENOTDIR: 'not-a-directory',
  EISDIR: 'is-a-directory',
  EEXIST: 'path-exists',
  EACCES: 'permission-denied',
  EPERM: 'permission-denied',
  EROFS: 'permission-denied',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'too-large',
  ENAMETOOLONG: 'invalid-argument',
  ELOOP: 'invalid-argument',
  EINVAL: 'invalid-argument',
  ESRCH: 'process-not-found',
  // The daemon knows no user of that name.
  EUSERS: 'invalid-argument',
  ECONNREFUSED: 'unavailable',
}

const byCode: Readonly<Record<ConnectCode, SandboxErrorCode>> = {
  canceled: 'cancelled',
  unknown: 'provider',
  invalid_argument: 'invalid-argument',
  deadline_exceeded: 'timeout',
  not_found: 'path-not-found',
  already_exists: 'conflict',
  permission_denied: 'permission-denied',
  resource_exhausted: 'quota-exceeded',
  failed_precondition: 'conflict',
  aborted: 'conflict',
  out_of_range: 'invalid-argument',
  unimplemented: 'unsupported',
  internal: 'provider',
  unavailable: 'unavailable',
  data_loss: 'provider',
  unauthenticated: 'unauthenticated',
}

const byStatus: Readonly<Record<number, ConnectCode>> = {
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  409: 'aborted',
  429: 'resource_exhausted',
  501: 'unimplemented',
  502: 'unavailable',
  503: 'unavailable',
  504: 'deadline_exceeded',
}
const statusOfFullDisk = 507

export function codeOfStatus(status: number): ConnectCode {
  return byStatus[status] ?? 'internal'
}

export function errnoOfStatus(status: number): string | undefined {
  return status === statusOfFullDisk ? 'ENOSPC' : undefined
}

/** A failure that the daemon reported, in core's words. */
export function mapFailure(failure: ReportedFailure, adapter: string, subject: Subject): SandboxError {
  const missing = failure.code === 'not_found' ? missingCodes[subject] : undefined
  const code = (failure.errno === undefined ? undefined : byErrno[failure.errno]) ?? missing ?? byCode[failure.code]
  return new SandboxError(code, adapter, failure.message.slice(0, 1000))
}

/** Whatever else can go wrong on the way. A `SandboxError` stays what it is. */
export function mapProblem(error: unknown, adapter: string): SandboxError {
  if (error instanceof SandboxError) return error
  if (error instanceof WireFormatError) return new SandboxError('protocol', adapter, error.message, { cause: error })
  const message = error instanceof Error ? error.message : String(error)
  const parserFailed = error instanceof Error && 'code' in error && String(error.code).startsWith('HPE_')
  return new SandboxError(
    parserFailed ? 'protocol' : 'unavailable',
    adapter,
    `the daemon cannot be reached: ${message}`,
    {
      cause: error,
    },
  )
}
