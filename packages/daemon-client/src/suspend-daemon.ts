import { type CallOptions, SandboxError } from '@caisson/core'
import type { ChannelOptions } from './channel.ts'
import { tellDaemon } from './tell-daemon.ts'

/** A daemon does this at once, unless the machine is out of breath. */
const suspendMs = 10_000

/**
 * Lets the daemon close its socket and everything else that leads out of its sandbox, until the host wakes it. Resolves when it has begun to: its
 * socket vanishes a moment later. `conflict` when a program holds something that keeps the sandbox from being written down; nothing has changed then.
 */
export async function suspendDaemon(adapter: string, connection: ChannelOptions, options?: CallOptions): Promise<void> {
  const explain = (status: number): SandboxError | undefined =>
    status === 409
      ? new SandboxError('conflict', adapter, 'a program has bound a unix socket to a name on the disk', {
          remedy: 'end it, or let it use a name in /tmp, /run or /dev/shm',
        })
      : undefined
  await tellDaemon(adapter, connection, { path: '/suspend', withinMs: suspendMs, explain }, options)
}
