import type { Context } from '../launch/context.ts'
import type { LivingRecord } from '../record/record.ts'
import { writeRecord } from '../record/store.ts'
import { isRunning } from '../find-running.ts'
import { changing } from './change.ts'
import { checkpoint } from './checkpoint.ts'
import { endProcesses } from './end-processes.ts'
import { restore } from './restore.ts'
import { wakeOf } from './wake.ts'

/** Longest time for a sandbox to go on. */
const resumeMs = 60_000

/** Writes a sandbox down. Paused it takes nothing but room on the disk. */
export async function pauseSandbox(context: Context, id: string): Promise<void> {
  await changing(context, id, async (record) => {
    if (isRunning(record)) await writeDown(context, record, 'pausing')
  })
}

/** Lets it go on. `renew` gives a record whose time is over a new one. */
export async function resumeSandbox(
  context: Context,
  id: string,
  renew: (record: LivingRecord) => LivingRecord,
): Promise<LivingRecord> {
  return await changing(context, id, async (record) => {
    const renewed = renew(record)
    if (renewed !== record) writeRecord(context.store, renewed)
    return isRunning(renewed) ? renewed : await goOn(context, renewed)
  })
}

/** Does `work` on what is written down of a sandbox, which goes on afterwards unless it was paused before. The caller holds its lock. */
export async function whileWrittenDown<T>(
  context: Context,
  record: LivingRecord,
  work: (paused: LivingRecord) => Promise<T>,
): Promise<T> {
  if (!isRunning(record)) return await work(record)
  const paused = await writeDown(context, record, 'copying')
  try {
    return await work(paused)
  } finally {
    await goOn(context, paused)
  }
}

async function writeDown(
  context: Context,
  record: Parameters<typeof checkpoint>[1],
  state: 'pausing' | 'copying',
): Promise<LivingRecord> {
  await checkpoint(context, record, state)
  const { init: _, gofer: __, loopDevice: ___, ...rest } = record
  const paused = { ...rest, state: state === 'copying' ? 'copying' : 'paused' } as const
  writeRecord(context.store, paused)
  return paused
}

async function goOn(context: Context, record: LivingRecord): Promise<LivingRecord> {
  writeRecord(context.store, { ...record, state: 'resuming' })
  try {
    return await restore(context, record, wakeOf(record), AbortSignal.timeout(resumeMs))
  } catch (error) {
    await endProcesses(context, record)
    writeRecord(context.store, { ...record, state: 'paused' })
    throw error
  }
}
