import { type ByteChannel, type CallOptions, type Ports, SandboxError } from '@caisson/core'
import { accessTokenHeader } from '@caisson/wire-e2b'
import { WebSocket } from 'ws'
import { createCallScope } from './call-scope.ts'
import type { DaemonCalls } from './daemon-calls.ts'
import { limits } from './limits.ts'
import { codeOfStatus, mapFailure } from './map-error.ts'

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
  const socket = new WebSocket(`ws://daemon/tunnel/${port}`, {
    createConnection: () => calls.channel.dial(),
    headers: { [accessTokenHeader]: calls.channel.accessToken },
    perMessageDeflate: false,
    maxPayload: limits.messageBytes,
  })
  const abort = () => socket.terminate()
  scope.signal.addEventListener('abort', abort, { once: true })
  try {
    await new Promise<void>((resolve, reject) => {
      if (scope.signal.aborted) abort()
      socket.once('open', () => {
        // What comes with the answer itself would otherwise be told before anybody listens.
        socket.pause()
        resolve()
      })
      socket.once('error', reject)
      socket.once('unexpected-response', (_request, response) => {
        response.destroy()
        const code = codeOfStatus(response.statusCode ?? 0)
        reject(mapFailure({ code, message: `nothing in the sandbox listens on port ${port}` }, calls.adapter, 'path'))
      })
    })
    socket.on('error', () => undefined)
    return socket
  } catch (error) {
    socket.terminate()
    throw await calls.explain(scope.signal.aborted ? scope.signal.reason : error)
  } finally {
    scope.signal.removeEventListener('abort', abort)
  }
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
