import { isSandboxError, OperationError } from '@caisson/core'

/** A spawn that failed for want of the program, as an error that says what to do; any other error as it is. */
export function missingProgram(error: unknown, program: string): unknown {
  if (!isSandboxError(error) || (error.code !== 'path-not-found' && error.code !== 'permission-denied')) return error
  return new OperationError('invalid-operation', `the template has no ${program} that can be executed`, {
    field: 'template',
    remedy: `choose a template that has ${program}`,
    cause: error,
  })
}
