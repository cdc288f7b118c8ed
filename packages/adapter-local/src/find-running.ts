import { SandboxError, sandboxIdSchema } from '@caisson/core'
import { adapterName } from './adapter-name.ts'
import { remainingMs } from './expiry/expire.ts'
import { isAbandoned } from './expiry/is-abandoned.ts'
import type { Context } from './launch/context.ts'
import type { RunningRecord, SandboxRecord } from './record/record.ts'
import { readRecord } from './record/store.ts'

/** The record of a sandbox that lives now. A record alone proves nothing: its first process must be the one that was recorded. */
export async function findRunning(context: Context, id: string): Promise<RunningRecord> {
  const known = sandboxIdSchema.safeParse(id).success ? await readRecord(context.store, id) : undefined
  if (known !== undefined && known !== 'unreadable' && isRunning(context, known)) return known
  throw new SandboxError('sandbox-not-found', adapterName, `there is no sandbox ${id}`)
}

export function isRunning(context: Context, record: SandboxRecord): record is RunningRecord {
  if (record.state !== 'running' || record.init === undefined || isAbandoned(context, record)) return false
  return record.onExpiry === 'pause' || remainingMs(record) > 0
}
