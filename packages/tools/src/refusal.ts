import {
  OperationError,
  type OperationErrorCode,
  operationErrorCodes,
  type Run,
  SandboxError,
  type SandboxErrorCode,
  sandboxErrorCodes,
} from '@caisson/core'

/** Why the run did nothing, as an error; `undefined` when it was carried out, be it with a bad end of the program that it ran. */
export function refusalOf({ status, outcome, error, decision }: Run): OperationError | SandboxError | undefined {
  if (status === 'succeeded' || (status === 'failed' && outcome !== undefined)) return undefined
  if (error === undefined) return new OperationError('cancelled', `the run was ${status}`)
  const { code, adapter, message, field, retryable, retryAfterMs } = error
  const why = status === 'denied' ? (decision?.reasons.map(({ text }) => text) ?? []) : []
  const told = [message, ...why.filter((text) => text !== message)].join(' ')
  const details = { field, remedy: error.remedy, retryable, retryAfterMs }
  return error.kind === 'sandbox'
    ? new SandboxError(isSandboxCode(code) ? code : 'provider', adapter ?? 'caisson', told, details)
    : new OperationError(isOperationCode(code) ? code : 'internal', told, details)
}

function isSandboxCode(code: string): code is SandboxErrorCode {
  return sandboxErrorCodes.some((known) => known === code)
}

function isOperationCode(code: string): code is OperationErrorCode {
  return operationErrorCodes.some((known) => known === code)
}
