import { minuteMs } from '@caisson/core'

/** Time around the run itself: files in, artifacts out, and a restart of Caisson in between. */
const marginMs = 2 * minuteMs

/** How long a sandbox must be able to live to carry out what may take so long. */
export function sandboxTtlMs(timeoutMs: number): number {
  return timeoutMs + marginMs
}
