import { isAlive } from '@caisson/adapter-kit'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { daemonReady } from '../daemon-ready.ts'
import { withFileLock } from '../file-lock.ts'
import { findLiving, gone } from '../find-running.ts'
import type { Context } from '../launch/context.ts'
import { findInit } from '../launch/find-init.ts'
import { endSandbox } from '../launch/end-sandbox.ts'
import type { LivingRecord } from '../record/record.ts'
import { sandboxDirectory, writeRecord } from '../record/store.ts'
import { checkpointFolder, withdrawCheckpoint } from './checkpoint.ts'
import { endProcesses } from './end-processes.ts'
import { findGofer, launcherOver } from './runsc.ts'
import { wakeInPlace } from './wake.ts'

/** Longest time for a daemon to go on. */
const readyMs = 30_000

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
      return await finishResuming(context, record)
    case 'pausing':
    case 'copying':
      return await endPausing(context, record)
  }
}

/** Once it has begun to go on, its disk is no longer as it was when its memory was written down: then it must go on. */
async function finishResuming(context: Context, record: LivingRecord): Promise<LivingRecord> {
  const directory = sandboxDirectory(context.store, record.id)
  await launcherOver(directory)
  const init = await findInit(context.store, record.id)
  if (init !== undefined) {
    const running = { ...record, init, gofer: await findGofer(directory), state: 'running' } as const
    await daemonReady(running, AbortSignal.timeout(readyMs))
    rewrite(context, running)
    await rm(checkpointFolder(directory), { recursive: true, force: true })
    return running
  }
  await endProcesses(context, record)
  return rewrite(context, { ...record, state: 'paused' })
}

async function endPausing(context: Context, record: LivingRecord): Promise<LivingRecord> {
  const directory = sandboxDirectory(context.store, record.id)
  // runsc may still be writing, or about to: it does not die with whoever started it.
  await withdrawCheckpoint(directory)
  // Whole, it is the sandbox: what still runs of the old one is ending.
  if (existsSync(checkpointFolder(directory))) {
    await endProcesses(context, record)
    return rewrite(context, { ...record, state: 'paused', init: undefined })
  }
  if (record.init !== undefined && isAlive(record.init)) {
    const running = { ...record, init: record.init, state: 'running' } as const
    await wakeInPlace(running)
    await daemonReady(running, AbortSignal.timeout(readyMs))
    return rewrite(context, running)
  }
  await endSandbox(context, record.id)
  throw gone(record.id)
}

function rewrite(context: Context, record: LivingRecord): LivingRecord {
  writeRecord(context.store, record)
  return record
}
