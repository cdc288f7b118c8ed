import { freshId } from '@caisson/core'
import { execa } from 'execa'
import { access, rename, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Store } from '../record/store.ts'

/**
 * An empty file system of that size to copy, made once. It has no journal, since nothing on it outlives its sandbox, and a fixed share
 * of inodes, so that files can fill it neither by their size nor by their number.
 */
export async function blankDisk(store: Store, sizeBytes: number, mkfs: string): Promise<string> {
  const path = join(store.root, 'disks', `${sizeBytes}.ext4`)
  try {
    await access(path)
    return path
  } catch {
    const unfinished = `${path}.${freshId()}`
    await writeFile(unfinished, '', { mode: 0o600 })
    await truncate(unfinished, sizeBytes)
    await execa(mkfs, ['-q', '-F', '-m', '0', '-O', '^has_journal', '-E', 'nodiscard', unfinished])
    await rename(unfinished, path)
    return path
  }
}
