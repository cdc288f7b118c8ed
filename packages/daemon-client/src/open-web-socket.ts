import type { Duplex } from 'node:stream'
import { accessTokenHeader } from '@caisson/wire-e2b'
import { WebSocket } from 'ws'
import type { DaemonCalls } from './daemon-calls.ts'
import { limits } from './limits.ts'
import { codeOfStatus, mapFailure } from './map-error.ts'

export interface WebSocketPlace {
  readonly path: string
  /** What it means when the daemon refuses. */
  readonly refusal: string
  /** Default: the channel's `dial`. */
  readonly dial?: (() => Duplex) | undefined
}

/** Opens a WebSocket to the daemon. It is paused: what comes with the answer itself would otherwise be told before anybody listens. */
export async function openWebSocket(
  calls: DaemonCalls,
  { path, refusal, dial = calls.channel.dial }: WebSocketPlace,
  { signal }: { readonly signal: AbortSignal },
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://daemon${path}`, {
    createConnection: dial,
    headers: { [accessTokenHeader]: calls.channel.accessToken },
    perMessageDeflate: false,
    maxPayload: limits.messageBytes,
  })
  const abort = () => socket.terminate()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await new Promise<void>((resolve, reject) => {
      if (signal.aborted) abort()
      socket.once('open', () => {
        socket.pause()
        resolve()
      })
      socket.once('error', reject)
      socket.once('unexpected-response', (_request, response) => {
        response.destroy()
        const code = codeOfStatus(response.statusCode ?? 0)
        reject(mapFailure({ code, message: refusal }, calls.adapter, 'path'))
      })
    })
    socket.on('error', () => undefined)
    return socket
  } catch (error) {
    socket.terminate()
    throw await calls.explain(signal.aborted ? signal.reason : error)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
