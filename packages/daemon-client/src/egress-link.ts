import { type CallOptions, type Sandbox, SandboxError } from '@caisson/core'
import { createMultiplexer, egressPath, mostEgressConnections } from '@caisson/wire-e2b'
import type { Duplex } from 'node:stream'
import { createCallScope } from './call-scope.ts'
import { type ChannelOptions, createChannel, detachFromLoop } from './channel.ts'
import { createDaemonCalls } from './daemon-calls.ts'
import { laneDuplex } from './lane-duplex.ts'
import { limits } from './limits.ts'
import { openWebSocket } from './open-web-socket.ts'

export interface EgressLinkOptions extends ChannelOptions {
  readonly adapter: string
  /** Asked when the daemon does not answer; rejects with `sandbox-not-found` when the sandbox is over. */
  readonly confirm: Sandbox['info']
  /** Given each connection that a program of the sandbox makes to its proxy. What comes over it is hostile. */
  readonly accept: (connection: Duplex) => void
  /** Told when the link is over, for whatever reason. */
  readonly onClose: () => void
}

export interface EgressLink {
  /** Ends the link and all connections over it. */
  readonly close: () => void
}

/**
 * Offers a sandbox without any network a way out: connections of its programs come here, through the same way that leads to its daemon. It does not keep
 * the program running. Of several links the sandbox uses the newest.
 */
export async function openEgressLink(
  { adapter, dial, accessToken, confirm, accept, onClose }: EgressLinkOptions,
  options: CallOptions = {},
): Promise<EgressLink> {
  using scope = createCallScope(adapter, options, limits.callMs)
  const channel = createChannel({ dial, accessToken })
  const calls = createDaemonCalls(adapter, channel, async () => await confirm({ deadline: Date.now() + 5000 }))
  const place = {
    path: egressPath,
    refusal: 'the sandbox takes no way out',
    dial: () => detachFromLoop(dial()),
  }
  const socket = await openWebSocket(calls, place, scope)
  const reason = (): SandboxError => new SandboxError('unavailable', adapter, 'the way out of the sandbox is closed')
  let open = 0
  const multiplexer = createMultiplexer(
    (bytes) => socket.send(bytes, { binary: true }),
    (lane) => {
      const { events, attach } = laneDuplex(reason)
      const connection = attach(lane)
      connection.on('error', () => undefined)
      open += 1
      connection.once('close', () => (open -= 1))
      // Once the connection is known to the multiplexer: before, it could not be given up.
      queueMicrotask(() => {
        if (open > mostEgressConnections) connection.destroy()
        else accept(connection)
      })
      return events
    },
  )
  socket.on('message', (data: Buffer) => {
    try {
      multiplexer.receive(data)
    } catch {
      socket.terminate()
    }
  })
  socket.once('close', () => {
    multiplexer.close()
    onClose()
  })
  socket.resume()
  return { close: () => socket.terminate() }
}
