import { type CallOptions, SandboxError } from '@caisson/core'
import { createCallScope } from './call-scope.ts'
import { type ChannelOptions, createChannel } from './channel.ts'
import { mapProblem } from './map-error.ts'

/** A daemon does this at once, unless the machine is out of breath. */
const suspendMs = 10_000

/**
 * Lets the daemon close its socket and everything else that leads out of its sandbox, until the host wakes it. Resolves when it has begun to: its
 * socket vanishes a moment later. `conflict` when a program holds something that keeps the sandbox from being written down; nothing has changed then.
 */
export async function suspendDaemon(
  adapter: string,
  connection: ChannelOptions,
  options: CallOptions = {},
): Promise<void> {
  using scope = createCallScope(adapter, options, suspendMs)
  const channel = createChannel(connection)
  try {
    const response = await channel.call({ method: 'POST', path: '/suspend', signal: scope.signal })
    response.resume()
    if (response.statusCode === 409) {
      throw new SandboxError('conflict', adapter, 'a program has bound a unix socket to a name on the disk', {
        remedy: 'end it, or let it use a name in /tmp, /run or /dev/shm',
      })
    }
    if (response.statusCode !== 204) {
      throw new SandboxError('protocol', adapter, `the daemon answered with status ${response.statusCode ?? 0}`)
    }
  } catch (error) {
    throw mapProblem(scope.signal.aborted ? scope.signal.reason : error, adapter)
  } finally {
    channel.close(new SandboxError('cancelled', adapter, 'the daemon is suspended'))
  }
}
