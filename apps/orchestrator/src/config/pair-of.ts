import { OperationError } from '@caisson/core'

/** Two variables that belong together. Both, or neither; throws `OperationError` that names the missing one. */
export function pairOf(
  [firstName, first]: readonly [string, string | undefined],
  [secondName, second]: readonly [string, string | undefined],
): readonly [string, string] | undefined {
  if (first === undefined && second === undefined) return undefined
  if (first !== undefined && second !== undefined) return [first, second]
  const missing = first === undefined ? firstName : secondName
  throw new OperationError('invalid-operation', `${missing} is not set, but its counterpart is`, {
    field: missing,
    remedy: 'set both, or neither',
  })
}
