import type { Operation } from '@caisson/core'
import { canonicalHash } from './canonical-json.ts'

/** Names what exactly was decided on: SHA-256 in hex over the operation with all its defaults filled in. */
export function operationHash(operation: Operation): string {
  return canonicalHash(operation)
}
