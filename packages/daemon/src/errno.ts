import { type ConnectCode, ConnectError } from '@caisson/wire-e2b'

const codes: Readonly<Record<string, ConnectCode>> = {
  ENOENT: 'not_found',
  ENOTDIR: 'invalid_argument',
  EISDIR: 'invalid_argument',
  ENAMETOOLONG: 'invalid_argument',
  EINVAL: 'invalid_argument',
  ELOOP: 'invalid_argument',
  ENOEXEC: 'permission_denied',
  EEXIST: 'already_exists',
  ENOTEMPTY: 'already_exists',
  EACCES: 'permission_denied',
  EPERM: 'permission_denied',
  EROFS: 'permission_denied',
  ETXTBSY: 'failed_precondition',
  EBUSY: 'failed_precondition',
  ENOSPC: 'resource_exhausted',
  EDQUOT: 'resource_exhausted',
  EFBIG: 'resource_exhausted',
  E2BIG: 'invalid_argument',
  EAGAIN: 'resource_exhausted',
  ENOMEM: 'resource_exhausted',
  EMFILE: 'resource_exhausted',
  ENFILE: 'resource_exhausted',
}

/** Name of the system's error in whatever was thrown. */
export function errnoOf(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}

/** Whatever was thrown, as an error that can be told to the other side. `subject` says what was being done. */
export function toConnectError(error: unknown, subject?: string): ConnectError {
  if (error instanceof ConnectError) return error
  const errno = errnoOf(error)
  const text = error instanceof Error ? error.message : String(error)
  const message = subject === undefined ? text : `${subject}: ${text}`
  return new ConnectError(errno === undefined ? 'internal' : (codes[errno] ?? 'unknown'), message, errno)
}
