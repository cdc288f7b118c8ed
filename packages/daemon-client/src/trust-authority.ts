import type { CallOptions } from '@caisson/core'
import type { ChannelOptions } from './channel.ts'
import { limits } from './limits.ts'
import { tellDaemon } from './tell-daemon.ts'

/** Has the programs that a sandbox starts from now on trust an authority, in the place of one that it was told before. `certificate` is PEM text. */
export async function trustAuthority(
  adapter: string,
  connection: ChannelOptions,
  certificate: string,
  options?: CallOptions,
): Promise<void> {
  const message = { path: '/trust', body: { authority: certificate }, withinMs: limits.callMs }
  await tellDaemon(adapter, connection, message, options)
}
