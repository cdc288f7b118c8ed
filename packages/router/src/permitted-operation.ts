import type { Decision, Operation } from '@caisson/core'

/** The operation as it may be carried out: what the policy cut is cut. */
export function permittedOperation(operation: Operation, { placement }: Pick<Decision, 'placement'>): Operation {
  const timeoutMs = placement.kind === 'denied' ? undefined : placement.permissions?.timeoutMs
  return timeoutMs === undefined ? operation : { ...operation, timeoutMs: Math.min(timeoutMs, operation.timeoutMs) }
}
