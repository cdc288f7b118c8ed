import { uptimeMs } from '../machine/boot.ts'
import type { StartedRecord } from '../record/record.ts'

/** How long a sandbox has left to live. Negative when its time is over. */
export function remainingMs(record: StartedRecord): number {
  return record.expiresAtUptimeMs - uptimeMs()
}
