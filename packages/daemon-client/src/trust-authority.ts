import { type CallOptions, SandboxError } from '@caisson/core'
import { createCallScope } from './call-scope.ts'
import { type ChannelOptions, createChannel } from './channel.ts'
import { limits } from './limits.ts'
import { mapProblem } from './map-error.ts'

/** Has the programs that a sandbox starts from now on trust an authority, in the place of one that it was told before. `certificate` is PEM text. */
export async function trustAuthority(
  adapter: string,
  connection: ChannelOptions,
  certificate: string,
  options: CallOptions = {},
): Promise<void> {
  using scope = createCallScope(adapter, options, limits.callMs)
  const channel = createChannel(connection)
  const body = JSON.stringify({ authority: certificate })
  try {
    const response = await channel.call({
      method: 'POST',
      path: '/trust',
      headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
      send: (request) => void request.end(body),
      signal: scope.signal,
    })
    response.resume()
    if (response.statusCode !== 204)
      throw new SandboxError('protocol', adapter, `the daemon answered with status ${response.statusCode ?? 0}`)
  } catch (error) {
    throw mapProblem(scope.signal.aborted ? scope.signal.reason : error, adapter)
  } finally {
    channel.close(new SandboxError('cancelled', adapter, 'the authority is told'))
  }
}
