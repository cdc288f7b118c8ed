import {
  type ErrorData,
  isOperationError,
  isSandboxError,
  type OperationErrorCode,
  type SandboxErrorCode,
  toErrorData,
} from '@caisson/core'
import type { TRPCError } from '@trpc/server'
import type { TRPC_ERROR_CODE_KEY } from '@trpc/server/rpc'
import { ZodError } from 'zod'

const sandboxCodes: Record<SandboxErrorCode, TRPC_ERROR_CODE_KEY> = {
  'invalid-argument': 'BAD_REQUEST',
  unauthenticated: 'BAD_GATEWAY',
  'permission-denied': 'FORBIDDEN',
  'sandbox-not-found': 'NOT_FOUND',
  'template-not-found': 'NOT_FOUND',
  'process-not-found': 'NOT_FOUND',
  'context-not-found': 'NOT_FOUND',
  'path-not-found': 'NOT_FOUND',
  'path-exists': 'CONFLICT',
  'not-a-directory': 'BAD_REQUEST',
  'is-a-directory': 'BAD_REQUEST',
  'no-space': 'PRECONDITION_FAILED',
  'too-large': 'PAYLOAD_TOO_LARGE',
  conflict: 'CONFLICT',
  unsupported: 'UNPROCESSABLE_CONTENT',
  'quota-exceeded': 'TOO_MANY_REQUESTS',
  'rate-limited': 'TOO_MANY_REQUESTS',
  unavailable: 'SERVICE_UNAVAILABLE',
  'runtime-missing': 'SERVICE_UNAVAILABLE',
  timeout: 'GATEWAY_TIMEOUT',
  cancelled: 'CLIENT_CLOSED_REQUEST',
  protocol: 'BAD_GATEWAY',
  provider: 'BAD_GATEWAY',
}

const operationCodes: Record<OperationErrorCode, TRPC_ERROR_CODE_KEY> = {
  'invalid-operation': 'BAD_REQUEST',
  'invalid-policy': 'BAD_REQUEST',
  denied: 'FORBIDDEN',
  'approval-denied': 'FORBIDDEN',
  'approval-expired': 'PRECONDITION_FAILED',
  'host-function-missing': 'UNPROCESSABLE_CONTENT',
  'run-not-found': 'NOT_FOUND',
  'approval-not-found': 'NOT_FOUND',
  'artifact-not-found': 'NOT_FOUND',
  'policy-not-found': 'NOT_FOUND',
  conflict: 'CONFLICT',
  'quota-exceeded': 'TOO_MANY_REQUESTS',
  unauthenticated: 'UNAUTHORIZED',
  forbidden: 'FORBIDDEN',
  cancelled: 'CLIENT_CLOSED_REQUEST',
  interrupted: 'CONFLICT',
  internal: 'INTERNAL_SERVER_ERROR',
}

/** The TRPC code under which a caller learns of an error. */
export function publicCode(error: TRPCError): TRPC_ERROR_CODE_KEY {
  const { cause } = error
  if (isSandboxError(cause)) return sandboxCodes[cause.code]
  if (isOperationError(cause)) return operationCodes[cause.code]
  return error.code
}

/** What a caller may know of an error: no stack, no cause, and nothing at all of one that nobody meant to throw. */
export function publicData(error: TRPCError, requestId: string | undefined): ErrorData {
  const { cause } = error
  if (isSandboxError(cause) || (isOperationError(cause) && cause.code !== 'internal')) return toErrorData(cause)
  if (error.code === 'INTERNAL_SERVER_ERROR') {
    return {
      kind: 'operation',
      code: 'internal',
      message: 'the service failed',
      ...(requestId === undefined ? {} : { remedy: `look for request ${requestId} in the log of the service` }),
      retryable: false,
    }
  }
  return cause instanceof ZodError ? invalidInput(cause) : refused(error.message)
}

function refused(message: string): ErrorData {
  return { kind: 'operation', code: 'invalid-operation', message, retryable: false }
}

/** Fields of an operation are named as its author knows them, without the name of the parameter that carried it. */
function invalidInput(error: ZodError): ErrorData {
  const issue = error.issues[0]
  if (issue === undefined) return refused('not valid')
  const path = issue.path[0] === 'operation' && issue.path.length > 1 ? issue.path.slice(1) : issue.path
  const field = path.map(String).join('.')
  return field === '' ? refused(issue.message) : { ...refused(`${field}: ${issue.message}`), field }
}
