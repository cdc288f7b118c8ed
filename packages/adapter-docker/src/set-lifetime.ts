import { type CallOptions, SandboxError } from '@caisson/core'
import { type ChannelOptions, tellDaemon } from '@caisson/daemon-client'

/** A daemon that lives answers this at once. */
const answerMs = 20_000

/** Tells the daemon when to end, so that the sandbox ends on time while nobody of Caisson runs. */
export async function setLifetime(
  adapter: string,
  connection: ChannelOptions,
  lifetimeMs: number,
  options?: CallOptions,
): Promise<void> {
  const explain = (status: number) =>
    new SandboxError('protocol', adapter, `the daemon refuses another lifetime with status ${status}`)
  await tellDaemon(
    adapter,
    connection,
    { path: '/lifetime', body: { lifetimeMs }, withinMs: answerMs, explain },
    options,
  )
}
