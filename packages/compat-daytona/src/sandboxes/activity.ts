import { secondMs } from '@caisson/core'
import { z } from 'zod'
import type { DaytonaHost } from '../host.ts'
import type { Entry } from './entry.ts'
import type { SandboxRecord } from './record.ts'

const activitySchema = z.object({ atMs: z.number() })
/** How long another replica may not know that a sandbox was used. */
const tellEveryMs = 10 * secondMs

/** Notes that a sandbox is used: it is then not stopped for idleness. */
export async function noteActivity(host: DaytonaHost, record: SandboxRecord, entry?: Entry): Promise<void> {
  const atMs = Date.now()
  if (entry !== undefined) {
    if (atMs - entry.toldAtMs < tellEveryMs) return
    entry.toldAtMs = atMs
  }
  await host.records.put('activity', record.organization, record.id, { atMs })
}

/** When it was last used, or its state changed. */
export async function lastActivity(host: DaytonaHost, record: SandboxRecord): Promise<number> {
  const found = await host.records.get('activity', record.id)
  return Math.max(record.stateAtMs, found === undefined ? 0 : activitySchema.parse(found.value).atMs)
}
