import { Agent, type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { SandboxError } from '@caisson/core'
import { accessTokenHeader } from '@caisson/wire-e2b'
import { keepRunning } from './keep-running.ts'
import { limits } from './limits.ts'

export interface ChannelOptions {
  /** Opens a connection to the daemon. Returns at once, possibly before the connection stands. */
  readonly dial: () => Duplex
  readonly accessToken: string
}

export interface HttpCall {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sends the body and ends the request. Default: no body. */
  readonly send?: ((request: ClientRequest) => Promise<void> | void) | undefined
  /** Tears the connection down, also after the answer has begun; its reason is what the reader then sees. */
  readonly signal: AbortSignal
}

/** HTTP/1.1 to one daemon over connections that are kept and used again. They do not keep the program running: waiting for an answer does. */
export interface Channel {
  readonly accessToken: string
  readonly dial: () => Duplex
  readonly call: (call: HttpCall) => Promise<IncomingMessage>
  /** Aborts when the channel is closed, with its reason. */
  readonly closing: AbortSignal
  /** Ends all connections. Every call from now on rejects with `reason`. */
  readonly close: (reason: SandboxError) => void
}

export function createChannel({ dial, accessToken }: ChannelOptions): Channel {
  const agent = new Agent({ keepAlive: true, maxSockets: Infinity, maxFreeSockets: 8 })
  agent.createConnection = () => detachFromLoop(dial())
  const closing = new AbortController()

  async function open({ method, path, headers, send, signal }: HttpCall): Promise<IncomingMessage> {
    return await new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({
        agent,
        method,
        path,
        host: 'daemon',
        maxHeaderSize: limits.headerBytes,
        headers: { [accessTokenHeader]: accessToken, ...headers },
      })
      const abort = () => request.destroy(asError(signal.reason))
      signal.addEventListener('abort', abort, { once: true })
      request.once('close', () => signal.removeEventListener('abort', abort))
      request.on('error', reject)
      request.once('response', (response) => {
        response.on('error', () => undefined)
        resolve(response)
      })
      if (send === undefined) request.end()
      else void Promise.resolve(send(request)).catch((error: unknown) => request.destroy(asError(error)))
    })
  }

  return {
    accessToken,
    dial,
    call: async (call) => {
      closing.signal.throwIfAborted()
      call.signal.throwIfAborted()
      using _ = keepRunning()
      return await open(call)
    },
    closing: closing.signal,
    close: (reason) => {
      closing.abort(reason)
      agent.destroy()
    },
  }
}

/** An open connection does not keep the program running. Node's agent would let it with every request, for as long as its answer is not over: too long for a stream. */
export function detachFromLoop(connection: Duplex): Duplex {
  if (!(connection instanceof Socket)) return connection
  connection.unref()
  connection.ref = () => connection
  return connection
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
