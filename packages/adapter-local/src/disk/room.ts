import { SandboxError } from '@caisson/core'
import { statSync } from 'node:fs'
import { readdir, statfs, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { adapterName } from '../adapter-name.ts'
import { type Store, sandboxDirectory } from '../record/store.ts'
import { volumeImage } from '../volumes/volume.ts'

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
  if ((await promisedBytes(store)) > (await freeBytes(store))) throw noRoom(store, sizeBytes, 'resources.diskBytes')
}

/** Refuses a volume that the machine could not hold when it is full, together with all that was promised before. */
export async function assertRoomForVolume(store: Store, sizeBytes: number): Promise<void> {
  if ((await promisedBytes(store)) + sizeBytes > (await freeBytes(store))) throw noRoom(store, sizeBytes, 'volumes')
}

function noRoom(store: Store, sizeBytes: number, field: string): SandboxError {
  return new SandboxError('no-space', adapterName, `the machine has no room for a disk of ${sizeBytes} bytes`, {
    field,
    remedy: `free space below ${store.root}, ask for a smaller disk, end sandboxes, or remove volumes`,
  })
}

async function freeBytes({ root }: Store): Promise<number> {
  const { bavail, bsize } = await statfs(root)
  return bavail * bsize
}

/** What sandboxes and volumes may still write. */
async function promisedBytes({ root }: Store): Promise<number> {
  const [sandboxes, volumes] = await Promise.all(
    ['sandboxes', 'volumes'].map(async (name) =>
      (await readdir(join(root, name))).map((entry) => join(root, name, entry)),
    ),
  )
  const outstanding = [
    ...(sandboxes ?? []).map((path) => outstandingBytes(join(path, reservationFile), join(path, 'disk.img'))),
    ...(volumes ?? []).map((path) => outstandingBytes(volumeImage(path), volumeImage(path))),
  ]
  return outstanding.reduce((total, bytes) => total + bytes, 0)
}

function outstandingBytes(promise: string, image: string): number {
  const promised = statSync(promise, { throwIfNoEntry: false })?.size ?? 0
  const written = (statSync(image, { throwIfNoEntry: false })?.blocks ?? 0) * 512
  return Math.max(0, promised - written)
}
