import { minuteMs, type Operation } from '@caisson/core'

/** Time around the run itself: files in, artifacts out, and a restart of Caisson in between. */
const marginMs = 2 * minuteMs

/** How long a sandbox must be able to live to carry the operation out. */
export function sandboxTtlMs(operation: Operation): number {
  return operation.timeoutMs + marginMs
}
