import {
  errorDataSchema,
  OperationError,
  type OperationErrorCode,
  operationErrorCodes,
  SandboxError,
  type SandboxErrorCode,
  sandboxErrorCodes,
} from '@caisson/core'
import { TRPCClientError } from '@trpc/client'

/** The service's error as the object that was thrown there; a failure to reach the service as `SandboxError` of the adapter "caisson". */
export function fromWireError(error: unknown, url: string): Error {
  if (!(error instanceof TRPCClientError)) return unreachable(error, url)
  const data: unknown = error.data
  const parsed = errorDataSchema.safeParse(
    typeof data === 'object' && data !== null && 'caisson' in data ? data.caisson : undefined,
  )
  if (!parsed.success) return unreachable(error.cause ?? error, url)
  const { kind, code, message, adapter, ...details } = parsed.data
  return kind === 'sandbox'
    ? new SandboxError(isSandboxCode(code) ? code : 'provider', adapter ?? 'caisson', message, details)
    : new OperationError(isOperationCode(code) ? code : 'internal', message, details)
}

function unreachable(cause: unknown, url: string): Error {
  const name = cause instanceof Error ? cause.name : ''
  if (name === 'AbortError') return new OperationError('cancelled', 'the request was given up by its caller', { cause })
  if (name === 'TimeoutError') {
    return new SandboxError('timeout', 'caisson', `the service at ${url} did not answer in time`, {
      cause,
      retryable: true,
    })
  }
  if (cause instanceof TypeError) {
    return new SandboxError('unavailable', 'caisson', `no service answers at ${url}`, {
      remedy: 'start it with "npm start", or give the address of one that runs',
      cause,
    })
  }
  return new SandboxError('protocol', 'caisson', `what answers at ${url} does not speak as a Caisson service does`, {
    remedy: 'check the address, and what stands between you and the service',
    cause,
    retryable: true,
  })
}

function isSandboxCode(code: string): code is SandboxErrorCode {
  return sandboxErrorCodes.some((known) => known === code)
}

function isOperationCode(code: string): code is OperationErrorCode {
  return operationErrorCodes.some((known) => known === code)
}
