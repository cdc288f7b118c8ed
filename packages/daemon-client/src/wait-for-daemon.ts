import { setTimeout as delay } from 'node:timers/promises'
import { type CallOptions, SandboxError } from '@caisson/core'
import { createCallScope } from './call-scope.ts'
import { type ChannelOptions, createChannel } from './channel.ts'
import { limits } from './limits.ts'

/** Resolves when the daemon answers. `timeout` when it does not within the deadline (default 30 s). */
export async function waitForDaemon(
  adapter: string,
  connection: ChannelOptions,
  options: CallOptions & {
    /** Gives up at once when it rejects: the sandbox has ended. */ readonly check?: () => Promise<void>
  } = {},
): Promise<void> {
  using scope = createCallScope(adapter, options, limits.callMs)
  const channel = createChannel(connection)
  try {
    for (;;) {
      try {
        const response = await channel.call({ method: 'GET', path: '/health', signal: scope.signal })
        response.resume()
        if (response.statusCode === 204) return
        throw new SandboxError('protocol', adapter, `the daemon answered with status ${response.statusCode ?? 0}`)
      } catch (error) {
        if (scope.signal.aborted) throw scope.signal.reason
        if (error instanceof SandboxError) throw error
      }
      await options.check?.()
      await delay(1)
    }
  } finally {
    channel.close(new SandboxError('cancelled', adapter, 'the wait for the daemon is over'))
  }
}
