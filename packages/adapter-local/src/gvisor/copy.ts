import { execa } from 'execa'
import { link, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { checkpointFolder } from './checkpoint.ts'

/** Copies what is written down of a sandbox, with its disk, into another folder of the same file system. What is in memory is never changed and so shared. */
export async function copyWrittenDown(from: string, to: string): Promise<void> {
  await execa('cp', ['--sparse=always', '--reflink=auto', join(from, 'disk.img'), join(to, 'disk.img')])
  await mkdir(checkpointFolder(to), { mode: 0o700 })
  for (const name of await readdir(checkpointFolder(from))) {
    await link(join(checkpointFolder(from), name), join(checkpointFolder(to), name))
  }
}
