import type { Environment } from '@caisson/core'
import { isAlive } from '@caisson/adapter-kit'
import { freshId } from '@caisson/core'
import { lchown, rename, writeFile } from 'node:fs/promises'
import { gvisorRange } from '../machine/id-range.ts'
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

/** Where a suspended daemon looks for word. */
export function wakeFile(record: RunningRecord): string {
  return `${socketDirectory(record)}/wake`
}

/** Lets a suspended daemon go on where it is. */
export async function wakeInPlace(record: RunningRecord): Promise<void> {
  const fresh = `${socketDirectory(record)}/${freshId()}`
  try {
    await writeFile(fresh, JSON.stringify(wakeOf(record)), { flag: 'wx', mode: 0o600 })
    // The daemon is root inside only.
    await lchown(fresh, gvisorRange.base, gvisorRange.base)
    await rename(fresh, wakeFile(record))
  } catch (error) {
    // One that has ended is for others to find.
    if (isAlive(record.init)) throw error
  }
}
