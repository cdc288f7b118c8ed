import { isAlive } from '@caisson/adapter-kit'
import { execa } from 'execa'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { killGroup } from '../cgroup/kill.ts'
import { groupOf } from '../launch/group-of.ts'
import { withFileLock } from '../file-lock.ts'
import { findLiving, gone } from '../find-running.ts'
import type { Context } from '../launch/context.ts'
import { endSandbox } from '../launch/end-sandbox.ts'
import type { LivingRecord } from '../record/record.ts'
import { sandboxDirectory, writeRecord } from '../record/store.ts'
import { checkpointFolder, checkpointLock } from './checkpoint.ts'
import { wakeInPlace } from './wake.ts'

/**
 * Does `work` while nobody else pauses, resumes, copies or prolongs this gVisor sandbox. Its record is then `running` or `paused`: what somebody began who
 * died over it is brought to an end first.
 */
export async function changing<T>(
  context: Context,
  id: string,
  work: (record: LivingRecord) => Promise<T>,
): Promise<T> {
  const directory = sandboxDirectory(context.store, id)
  await findLiving(context, id)
  return await withFileLock(join(directory, 'change.lock'), async () => {
    return await work(await settle(context, await findLiving(context, id)))
  })
}

async function settle(context: Context, record: LivingRecord): Promise<LivingRecord> {
  switch (record.state) {
    case 'running':
    case 'paused':
      return record
    case 'resuming':
      return await giveResumingUp(context, record)
    case 'pausing':
    case 'copying':
      return await endPausing(context, record)
  }
}

/** What was written down is still there. */
async function giveResumingUp(context: Context, record: LivingRecord): Promise<LivingRecord> {
  const group = groupOf(context, record)
  if (group !== undefined) await killGroup(group)
  return rewrite(context, { ...record, state: 'paused' })
}

async function endPausing(context: Context, record: LivingRecord): Promise<LivingRecord> {
  const directory = sandboxDirectory(context.store, record.id)
  // runsc may still be writing: it does not die with whoever started it.
  await execa('flock', ['--exclusive', checkpointLock(directory), 'true'])
  // Whole, it is the sandbox: what still runs of the old one is ending.
  if (existsSync(checkpointFolder(directory))) {
    const group = groupOf(context, record)
    if (group !== undefined) await killGroup(group)
    return rewrite(context, { ...record, state: 'paused', init: undefined })
  }
  if (record.init !== undefined && isAlive(record.init)) {
    const running = { ...record, init: record.init, state: 'running' } as const
    await wakeInPlace(running)
    return rewrite(context, running)
  }
  await endSandbox(context, record.id)
  throw gone(record.id)
}

function rewrite(context: Context, record: LivingRecord): LivingRecord {
  writeRecord(context.store, record)
  return record
}
