import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { withFileLock } from '../file-lock.ts'
import type { Store } from '../record/store.ts'
import { volumesDirectory } from './volume.ts'

/** What every process locks that makes, mounts or removes a volume. */
export function volumesLock(store: Store): string {
  return join(volumesDirectory(store), 'lock')
}

/** Does `work` while nobody else makes, mounts or removes a volume of this state directory. */
export async function withVolumesLock<T>(store: Store, work: () => Promise<T>): Promise<T> {
  await mkdir(volumesDirectory(store), { recursive: true, mode: 0o700 })
  return await withFileLock(volumesLock(store), work)
}
