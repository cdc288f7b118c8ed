import { uptimeMs } from './machine/boot.ts'
import type { LivingRecord } from './record/record.ts'

/** The same sandbox with that long to live from now on. */
export function withEnd<Record extends LivingRecord>(record: Record, ttlMs: number): Record {
  return { ...record, ttlMs, expiresAtMs: Date.now() + ttlMs, expiresAtUptimeMs: uptimeMs() + ttlMs }
}
