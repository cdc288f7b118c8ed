import { type CallOptions, SandboxError } from '@caisson/core'
import { createCallScope } from './call-scope.ts'
import { type ChannelOptions, createChannel } from './channel.ts'
import { mapProblem } from './map-error.ts'

export interface DaemonMessage {
  readonly path: string
  /** Sent as JSON. Default: nothing. */
  readonly body?: object | undefined
  /** How long the daemon may take. */
  readonly withinMs: number
  /** What it means when the daemon refuses with that status. Default: it breaks the protocol. */
  readonly explain?: ((status: number) => SandboxError | undefined) | undefined
}

/** One message to a daemon, over a connection of its own, for who looks after the sandbox and does not use it. There is nothing to answer but that it is done. */
export async function tellDaemon(
  adapter: string,
  connection: ChannelOptions,
  { path, body, withinMs, explain }: DaemonMessage,
  options: CallOptions = {},
): Promise<void> {
  using scope = createCallScope(adapter, options, withinMs)
  const channel = createChannel(connection)
  const text = body === undefined ? '' : JSON.stringify(body)
  try {
    const response = await channel.call({
      method: 'POST',
      path,
      headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) },
      send: (request) => void request.end(text),
      signal: scope.signal,
    })
    response.resume()
    const { statusCode = 0 } = response
    if (statusCode === 204) return
    throw (
      explain?.(statusCode) ?? new SandboxError('protocol', adapter, `the daemon answered with status ${statusCode}`)
    )
  } catch (error) {
    throw mapProblem(scope.signal.aborted ? scope.signal.reason : error, adapter)
  } finally {
    channel.close(new SandboxError('cancelled', adapter, 'the daemon has been told'))
  }
}
