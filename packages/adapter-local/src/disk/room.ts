import { SandboxError } from '@caisson/core'
import { statSync } from 'node:fs'
import { readdir, statfs, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { type Store, sandboxDirectory } from '../record/store.ts'

/** As large as the disk that was promised, and empty: what its sandbox may still write is this minus what its disk holds. */
const reservationFile = 'reservation'

/**
 * Promises `sizeBytes` of the host's disk to a sandbox. The machine never promises more than it has: a sandbox that is told of
 * room which is not there would see its file system break.
 */
export async function reserveDisk(store: Store, id: string, sizeBytes: number): Promise<void> {
  const path = join(sandboxDirectory(store, id), reservationFile)
  await writeFile(path, '', { mode: 0o600 })
  await truncate(path, sizeBytes)
  const { bavail, bsize } = await statfs(store.root)
  const promised = (await readdir(join(store.root, 'sandboxes')))
    .map((name) => outstandingBytes(join(store.root, 'sandboxes', name)))
    .reduce((total, bytes) => total + bytes, 0)
  if (promised <= bavail * bsize) return
  throw new SandboxError('no-space', adapterName, `the machine has no room for a disk of ${sizeBytes} bytes`, {
    field: 'resources.diskBytes',
    remedy: `free space below ${store.root}, ask for a smaller disk, or end sandboxes`,
  })
}

function outstandingBytes(directory: string): number {
  const promised = statSync(join(directory, reservationFile), { throwIfNoEntry: false })?.size ?? 0
  const written = (statSync(join(directory, 'disk.img'), { throwIfNoEntry: false })?.blocks ?? 0) * 512
  return Math.max(0, promised - written)
}
