import { isSandboxError, type SandboxErrorCode } from '@caisson/core'
import { type ConnectCode, ConnectError } from '@caisson/wire-e2b'
import { E2bError } from '../e2b-error.ts'

const codes: Readonly<Record<SandboxErrorCode, ConnectCode>> = {
  'invalid-argument': 'invalid_argument',
  unauthenticated: 'unauthenticated',
  'permission-denied': 'permission_denied',
  'sandbox-not-found': 'unavailable',
  'template-not-found': 'not_found',
  'process-not-found': 'not_found',
  'context-not-found': 'not_found',
  'path-not-found': 'not_found',
  'path-exists': 'already_exists',
  'not-a-directory': 'invalid_argument',
  'is-a-directory': 'invalid_argument',
  'no-space': 'resource_exhausted',
  'too-large': 'resource_exhausted',
  conflict: 'failed_precondition',
  unsupported: 'unimplemented',
  'quota-exceeded': 'resource_exhausted',
  'rate-limited': 'resource_exhausted',
  unavailable: 'unavailable',
  'runtime-missing': 'unavailable',
  timeout: 'deadline_exceeded',
  cancelled: 'canceled',
  protocol: 'internal',
  provider: 'internal',
}

/** Any failure in the words of the data plane. */
export function toConnectError(error: unknown): ConnectError {
  if (error instanceof ConnectError) return error
  if (error instanceof E2bError) return new ConnectError('invalid_argument', error.message)
  if (isSandboxError(error)) return new ConnectError(codes[error.code], error.message)
  return new ConnectError('internal', 'the service failed')
}
