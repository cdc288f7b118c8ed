import { isSandboxError, SandboxError } from '@caisson/core'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readlink, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { property } from '../map-error.ts'
import type { Volume } from './volume.ts'

/**
 * The disk of a volume with a size: an image with a file system of its own, which the engine mounts as a loop device. Engines count what a volume holds
 * only on XFS with project quotas. Needs the engine on this machine, and root.
 */
export interface Disk {
  readonly image: string
  /** What the engine mounts: leads to the loop device that shows the image now. Its number may be another after every start of the machine. */
  readonly link: string
}

const linkDirectory = '/run/caisson-volumes'

/** The disk whose image lies in that directory of the engine, or undefined where this process has not the means. */
export function diskIn(directory: string, volume: string): Disk | undefined {
  if (process.getuid?.() !== 0 || !existsSync(directory)) return undefined
  return { image: join(directory, 'disk.ext4'), link: join(linkDirectory, volume) }
}

/** The disk of a volume that has one. `unsupported` when it is out of reach. */
export function diskOf(adapter: string, { volume, image }: Volume): Disk | undefined {
  if (image === undefined) return undefined
  const disk = diskIn(dirname(image), volume)
  if (disk !== undefined) return disk
  throw new SandboxError('unsupported', adapter, 'the disk of the volume is out of reach', {
    field: 'volumes',
    remedy: 'run Caisson as root on the machine of the engine, as when the volume was made',
  })
}

/** Makes the image anew, empty, and writable for every user. */
export async function makeDisk(adapter: string, { image }: Disk, sizeBytes: number): Promise<void> {
  const unfinished = `${image}.unfinished`
  await writeFile(unfinished, '', { mode: 0o600 })
  await truncate(unfinished, sizeBytes)
  await run(adapter, 'mkfs.ext4', ['-q', '-F', '-m', '0', '-E', 'nodiscard,root_owner=0:0', unfinished])
  await run(adapter, 'debugfs', ['-w', '-R', 'rmdir lost+found', unfinished])
  await run(adapter, 'debugfs', ['-w', '-R', 'set_inode_field / mode 040777', unfinished])
  await rename(unfinished, image)
}

/** Sees to it that the link leads to a loop device with the image. */
export async function attachDisk(adapter: string, { image, link }: Disk): Promise<void> {
  if ((await shownBy(link)) === image) return
  // The lock is the kernel's: without it two processes would take two devices for one image.
  const attach = ['--exclusive', image, 'losetup', '--nooverlap', '--find', '--show', image]
  const device = (await run(adapter, 'flock', attach)).trim()
  await mkdir(linkDirectory, { recursive: true, mode: 0o700 })
  const next = `${link}.${process.pid}`
  await rm(next, { force: true })
  await symlink(device, next)
  await rename(next, link)
}

/** Lets go of the loop device, which the kernel keeps for as long as it is mounted. */
export async function detachDisk(adapter: string, { image, link }: Disk): Promise<void> {
  if ((await shownBy(link)) === image) await run(adapter, 'losetup', ['--detach', await readlink(link)])
  await rm(link, { force: true })
}

/** The image that the loop device at the end of that link shows. */
async function shownBy(link: string): Promise<string | undefined> {
  try {
    const device = basename(await readlink(link))
    return (await readFile(`/sys/block/${device}/loop/backing_file`, 'utf8')).trim()
  } catch {
    return undefined
  }
}

const execute = promisify(execFile)
/** An ordinary user's has not what only root can use. */
const searchPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

async function run(adapter: string, program: string, words: readonly string[]): Promise<string> {
  try {
    const { stdout } = await execute(program, words, { env: { PATH: searchPath }, timeout: 120_000 })
    return stdout
  } catch (error) {
    if (isSandboxError(error)) throw error
    if (property(error, 'code') === 'ENOENT') {
      throw new SandboxError('runtime-missing', adapter, `volumes with a size need the program ${program}`, {
        remedy: 'apt-get install e2fsprogs util-linux',
        cause: error,
      })
    }
    throw new SandboxError('provider', adapter, `${program} failed: ${String(error)}`, { cause: error })
  }
}
