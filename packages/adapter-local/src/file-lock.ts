import { SandboxError } from '@caisson/core'
import { execa } from 'execa'
import { once } from 'node:events'
import { adapterName } from './adapter-name.ts'

/**
 * Does `work` while nobody else does any under the same path. The kernel holds the lock for a child that lives exactly as long as our end of its pipe: it
 * is free again when this process dies.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const keeper = execa('flock', ['--exclusive', path, '--command', 'echo held; exec cat'], {
    stderr: 'ignore',
    buffer: false,
    reject: false,
  })
  const held = await Promise.race([once(keeper.stdout, 'data').then(() => true), keeper.then(() => false)])
  if (!held) throw new SandboxError('provider', adapterName, `cannot lock ${path}`, { cause: (await keeper).cause })
  try {
    return await work()
  } finally {
    keeper.stdin.end()
    await keeper
  }
}
