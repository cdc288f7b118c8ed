import type { OperationErrorCode } from '@caisson/core'

/** The status in HTTP of a failure of the service itself. */
export const operationStatus: Readonly<Record<OperationErrorCode, number>> = {
  'invalid-operation': 400,
  'invalid-policy': 500,
  denied: 403,
  'approval-denied': 403,
  'approval-expired': 403,
  'host-function-missing': 500,
  'run-not-found': 404,
  'policy-not-found': 404,
  'approval-not-found': 404,
  'artifact-not-found': 404,
  conflict: 409,
  'quota-exceeded': 429,
  unauthenticated: 401,
  forbidden: 403,
  cancelled: 499,
  interrupted: 503,
  internal: 500,
}
