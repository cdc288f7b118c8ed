import type { Environment } from '@caisson/core'
import { isAlive } from '@caisson/adapter-kit'
import { freshId } from '@caisson/core'
import { rename, writeFile } from 'node:fs/promises'
import type { RunningRecord } from '../record/record.ts'
import { socketDirectory } from '../dial-daemon.ts'

/** What a daemon is told that goes on. */
export interface Wake {
  readonly accessToken: string
  /** Given to every process from now on. Absent: as before. */
  readonly env?: Environment | undefined
  readonly egressProxy: boolean
}

export function wakeOf({ accessToken, egress }: Pick<RunningRecord, 'accessToken' | 'egress'>): Wake {
  return { accessToken, egressProxy: egress.mode === 'allow' }
}

/** Lets a suspended daemon go on where it is. */
export async function wakeInPlace(record: RunningRecord): Promise<void> {
  const directory = socketDirectory(record)
  const fresh = `${directory}/${freshId()}`
  try {
    await writeFile(fresh, JSON.stringify(wakeOf(record)), { flag: 'wx', mode: 0o600 })
    await rename(fresh, `${directory}/wake`)
  } catch (error) {
    // One that has ended is for others to find.
    if (isAlive(record.init)) throw error
  }
}
