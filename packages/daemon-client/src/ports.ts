import { type ByteChannel, type CallOptions, type Ports, SandboxError } from '@caisson/core'
import type { WebSocket } from 'ws'
import { createCallScope } from './call-scope.ts'
import type { DaemonCalls } from './daemon-calls.ts'
import { limits } from './limits.ts'
import { openWebSocket } from './open-web-socket.ts'

/** Reaches ports of the sandbox through the daemon. In both directions a binary message is data and an empty one is end of file. */
export function createPorts(calls: DaemonCalls): Ports {
  return {
    connect: async (port, options = {}) => {
      if (!Number.isInteger(port) || port < 1 || port > 65535) {
        throw new SandboxError('invalid-argument', calls.adapter, `${port} is no port`, { field: 'port' })
      }
      return toChannel(await open(calls, port, options))
    },
  }
}

/** The daemon takes messages of up to 1 MiB. */
const messageBytes = 256 * 1024

async function open(calls: DaemonCalls, port: number, options: CallOptions): Promise<WebSocket> {
  using scope = createCallScope(calls.adapter, options, limits.callMs)
  const refusal = `nothing in the sandbox listens on port ${port}`
  return await openWebSocket(calls, { path: `/tunnel/${port}`, refusal }, scope)
}

function toChannel(socket: WebSocket): ByteChannel {
  const ended = { local: false, remote: false }
  const closeWhenBothEnded = () => {
    if (ended.local && ended.remote) socket.close()
  }
  const readable = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const finish = () => {
          if (!ended.remote) controller.close()
          ended.remote = true
          closeWhenBothEnded()
        }
        socket.on('message', (data: Buffer) => {
          if (data.byteLength === 0) return finish()
          if (ended.remote) return
          controller.enqueue(new Uint8Array(data))
          if ((controller.desiredSize ?? 0) <= 0) socket.pause()
        })
        socket.once('close', finish)
      },
      pull: () => socket.resume(),
      cancel: () => {
        ended.remote = true
        socket.terminate()
      },
    },
    { highWaterMark: limits.bufferedOutputBytes, size: (part) => part.byteLength },
  )
  const send = async (data: Uint8Array) =>
    await new Promise<void>((resolve, reject) => {
      socket.send(data, { binary: true }, (error) => (error ? reject(error) : resolve()))
    })
  const writable = new WritableStream<Uint8Array>({
    // Giving up counts at once, and not only when the write that is under way has gone through.
    start: (controller) => {
      if ('signal' in controller && controller.signal instanceof AbortSignal)
        controller.signal.addEventListener('abort', () => socket.terminate(), { once: true })
    },
    write: async (part) => {
      for (let start = 0; start < part.byteLength; start += messageBytes)
        await send(part.subarray(start, start + messageBytes))
    },
    close: async () => {
      await send(new Uint8Array())
      ended.local = true
      closeWhenBothEnded()
    },
  })
  return { readable, writable }
}
