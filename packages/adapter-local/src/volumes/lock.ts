import { execa } from 'execa'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { SandboxError } from '@caisson/core'
import { adapterName } from '../adapter-name.ts'
import type { Store } from '../record/store.ts'
import { volumesDirectory } from './volume.ts'

/** What every process locks that makes, mounts or removes a volume. */
export function volumesLock(store: Store): string {
  return join(volumesDirectory(store), 'lock')
}

/**
 * Does `work` while nobody else makes, mounts or removes a volume of this state directory. The kernel holds the lock for a child that lives exactly as
 * long as our end of its pipe: it is free again when this process dies.
 */
export async function withVolumesLock<T>(store: Store, work: () => Promise<T>): Promise<T> {
  await mkdir(volumesDirectory(store), { recursive: true, mode: 0o700 })
  const keeper = execa('flock', ['--exclusive', volumesLock(store), '--command', 'echo held; exec cat'], {
    stderr: 'ignore',
    buffer: false,
    reject: false,
  })
  const held = await Promise.race([once(keeper.stdout, 'data').then(() => true), keeper.then(() => false)])
  if (!held) throw new SandboxError('provider', adapterName, 'cannot lock the volumes', { cause: (await keeper).cause })
  try {
    return await work()
  } finally {
    keeper.stdin.end()
    await keeper
  }
}
