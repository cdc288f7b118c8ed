import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type Duplex, pipeline } from 'node:stream'
import { createRouter } from '@caisson/compat-kit'
import { mib } from '@caisson/core'
import { type WebSocket, WebSocketServer } from 'ws'
import { toDaytonaError } from './daytona-error.ts'
import type { Services } from './gateway-options.ts'
import { pathOf, urlOf } from './http/url.ts'
import { connectPreview } from './previews/serve.ts'
import { requestHeaders } from './previews/headers.ts'
import { previewOfHost, previewOfPath, type PreviewTarget } from './previews/target.ts'
import { readEnv } from './sandboxes/env.ts'
import { noteActivity } from './sandboxes/activity.ts'
import { closeCodes, type SocketHandle } from './toolbox/sockets.ts'
import { openForToolbox, toolboxTarget } from './toolbox/serve.ts'
import { socketRoutes } from './toolbox/socket-routes.ts'
import { exitControl } from './toolbox/terminal/connect.ts'

/** What a request may become that asks for another protocol. */
export interface Upgrader {
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>
  readonly close: () => Promise<void>
}

const longestMessage = 16 * mib

export function createUpgrader(services: Services): Upgrader {
  const route = createRouter(socketRoutes(services))
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: longestMessage,
    // Of those that a client offers one has to be taken. Those with a value are no protocols but messages.
    handleProtocols: (offered) => (offered.has(exitControl) ? exitControl : ([...offered][0] ?? false)),
  })

  async function serveToolboxSocket(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = urlOf(request)
    const target = toolboxTarget(url.pathname)
    const match = target === undefined ? undefined : route('GET', target.path)
    if (target === undefined || match === undefined) return refuse(socket, 404)
    const { record, entry } = await openForToolbox(services, target, { request, url })
    const opened = await new Promise<WebSocket>((resolve) => server.handleUpgrade(request, socket, head, resolve))
    const gone = new AbortController()
    const cut = (): void => opened.terminate()
    entry.clients.add(cut)
    // It may have been deleted since it was found.
    if (entry.gone) cut()
    opened.on('error', () => opened.terminate())
    opened.once('close', () => {
      entry.clients.delete(cut)
      gone.abort()
      noteActivity(services.host, record, entry).catch(() => undefined)
    })
    await answer(match.handle, opened, {
      record,
      entry,
      signal: gone.signal,
      parts: match.parts,
      query: url.searchParams,
      env: readEnv(record.env, services.tokens),
      protocols: (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim()),
    })
  }

  async function answer(
    handle: SocketHandle,
    socket: WebSocket,
    call: Omit<Parameters<SocketHandle>[0], 'socket'>,
  ): Promise<void> {
    try {
      await handle({ ...call, socket })
    } catch (error) {
      if (call.signal.aborted || socket.readyState !== socket.OPEN) return
      const known = toDaytonaError(error)
      if (known.status === 500) services.host.onError(error, 'a WebSocket of the toolbox')
      socket.close(closeCodes.failed, known.message.slice(0, 100))
    }
  }

  return {
    upgrade: async (request, socket, head) => {
      socket.on('error', () => socket.destroy())
      try {
        const byPath = previewOfPath(request.url ?? '/')
        const preview = previewOfHost(request) ?? byPath?.target
        if (preview === undefined) return await serveToolboxSocket(request, socket, head)
        await passOn(services, preview, { request, socket, head, path: byPath?.path ?? request.url ?? '/' })
      } catch (error) {
        const known = toDaytonaError(error)
        if (known.status === 500) services.host.onError(error, `upgrade ${pathOf(request)}`)
        refuse(socket, known.status)
      }
    },
    close: async () => {
      for (const client of server.clients) client.terminate()
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}

/** Takes a WebSocket, or whatever else a request wants to become, through to a program in a sandbox. */
async function passOn(
  services: Services,
  target: PreviewTarget,
  {
    request,
    socket,
    head,
    path,
  }: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer; readonly path: string },
): Promise<void> {
  const { entry, connection, hasOurKey } = await connectPreview(services, target, request)
  const cut = (): void => void socket.destroy()
  entry.clients.add(cut)
  socket.once('close', () => entry.clients.delete(cut))
  const { upgrade = '' } = request.headers
  const headers = [...requestHeaders(request, hasOurKey), 'Connection', 'Upgrade', 'Upgrade', upgrade]
  const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1] ?? ''}`] : []))
  connection.write(`${request.method ?? 'GET'} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
  connection.write(head)
  const end = (): void => {
    socket.destroy()
    connection.destroy()
  }
  pipeline(connection, socket, end)
  pipeline(socket, connection, end)
}

function refuse(socket: Duplex, status: number): void {
  socket.end(`HTTP/1.1 ${status} refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}
