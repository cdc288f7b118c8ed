import type { VolumeKey } from '@caisson/core'
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { unless } from '../map-error.ts'
import type { Store } from '../record/store.ts'

/** What is known of a volume. Its folder holds this and the image. */
export const volumeSchema = z.strictObject({
  version: z.literal(1),
  organization: z.string(),
  name: z.string(),
  sizeBytes: z.int().positive(),
  createdAtMs: z.int(),
})
export type Volume = z.infer<typeof volumeSchema>

/** The folder of a volume. Nothing that a caller wrote is part of the path. */
export function volumeDirectory(store: Store, { organization, name }: VolumeKey): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([organization, name]))
    .digest('hex')
  return join(volumesDirectory(store), hash.slice(0, 32))
}

export function volumesDirectory(store: Store): string {
  return join(store.root, 'volumes')
}

/** The file system of a volume. */
export function volumeImage(directory: string): string {
  return join(directory, 'image.ext4')
}

export async function readVolume(directory: string): Promise<Volume | undefined> {
  const text = await unless(readFile(join(directory, 'volume.json'), 'utf8'), 'ENOENT', 'ENOTDIR')
  return text === undefined ? undefined : volumeSchema.parse(JSON.parse(text))
}

export async function readVolumes(store: Store): Promise<readonly Volume[]> {
  const names = (await unless(readdir(volumesDirectory(store)), 'ENOENT')) ?? []
  const folders = names.filter((name) => /^[0-9a-f]{32}$/.test(name))
  const volumes = await Promise.all(folders.map(async (name) => await readVolume(join(volumesDirectory(store), name))))
  return volumes.filter((volume) => volume !== undefined)
}
