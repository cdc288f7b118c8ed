import { SandboxError, sandboxIdSchema } from '@caisson/core'
import { adapterName } from './adapter-name.ts'
import { remainingMs } from './expiry/remaining-ms.ts'
import { isAbandoned } from './expiry/is-abandoned.ts'
import type { Context } from './launch/context.ts'
import type { LivingRecord, RunningRecord, SandboxRecord } from './record/record.ts'
import { readCurrent } from './record/read-current.ts'

/** The record of a sandbox that lives now. A record alone proves nothing: its first process must be the one that was recorded. */
export async function findLiving(context: Context, id: string): Promise<LivingRecord> {
  const known = sandboxIdSchema.safeParse(id).success ? await readCurrent(context.store, id) : undefined
  if (known !== undefined && known !== 'unreadable' && isLiving(context, known)) return known
  throw gone(id)
}

/** As `findLiving`, of a sandbox that has processes. */
export async function findRunning(context: Context, id: string): Promise<RunningRecord> {
  const record = await findLiving(context, id)
  if (isRunning(record)) return record
  throw new SandboxError('conflict', adapterName, `the sandbox ${id} is paused`, { remedy: 'resume it first' })
}

export function isLiving(context: Context, record: SandboxRecord): record is LivingRecord {
  if (record.state === 'preparing' || record.state === 'starting' || isAbandoned(context, record)) return false
  return record.onExpiry === 'pause' || remainingMs(record) > 0
}

export function isRunning(record: LivingRecord): record is RunningRecord {
  return record.state === 'running' && record.init !== undefined
}

export function gone(id: string): SandboxError {
  return new SandboxError('sandbox-not-found', adapterName, `there is no sandbox ${id}`)
}
