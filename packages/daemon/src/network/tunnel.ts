import { httpError } from '../connect-protocol.ts'
import { createOutlet, type Outlet } from './outlet.ts'
import type { Peer, WebSocket } from './web-socket.ts'

/** One WebSocket that stands for a TCP connection to a port of the sandbox. */
interface Tunnel {
  readonly socket: Bun.Socket<TunnelEnd>
  readonly outlet: Outlet
}

interface TunnelEnd {
  web: WebSocket | undefined
  tunnel: Tunnel | undefined
}

const endOfFile = new Uint8Array()

const normalClosure = 1000

const socketHandlers: Bun.SocketHandler<TunnelEnd> = {
  // What a port says before the client is there must not be lost.
  open: (socket) => socket.pause(),
  data: (socket, bytes) => {
    if (socket.data.web !== undefined && socket.data.web.sendBinary(bytes) <= 0) socket.pause()
  },
  drain: ({ data: { web, tunnel } }) => {
    if (tunnel?.outlet.drain() === true) web?.resume()
  },
  end: ({ data: { web } }) => void web?.sendBinary(endOfFile),
  close: ({ data: { web } }) => web?.close(),
  error: (socket) => socket.terminate(),
}

/** In both directions a binary message is data and an empty one is end of file. A side that cannot go on stops reading. */
function createPeer({ socket, outlet }: Tunnel): Peer {
  return {
    open: (web) => {
      socket.data.web = web
      socket.resume()
    },
    message: (web, message) => {
      if (typeof message === 'string') return
      if (message.byteLength === 0) outlet.end()
      else if (!outlet.write(message)) web.pause()
    },
    drain: () => socket.resume(),
    close: (code) => {
      if (code === normalClosure) outlet.end()
      else socket.terminate()
    },
  }
}

/** Answers `GET /tunnel/{port}`: connects first, so that a port on which nobody listens is told as such. */
export async function openTunnel(
  request: Request,
  server: Bun.Server<Peer>,
  port: number,
): Promise<Response | undefined> {
  const tunnel = await connectToPort(port)
  if (tunnel === undefined) return httpError(502, `nothing in the sandbox listens on port ${port}`, 'ECONNREFUSED')
  if (server.upgrade(request, { data: createPeer(tunnel) })) return undefined
  tunnel.socket.terminate()
  return httpError(426, 'a tunnel needs a WebSocket')
}

async function connectToPort(port: number): Promise<Tunnel | undefined> {
  for (const hostname of ['127.0.0.1', '::1']) {
    try {
      const socket = await Bun.connect<TunnelEnd>({
        hostname,
        port,
        allowHalfOpen: true,
        data: { web: undefined, tunnel: undefined },
        socket: socketHandlers,
      })
      const tunnel = { socket, outlet: createOutlet(socket) }
      socket.data.tunnel = tunnel
      return tunnel
    } catch {
      // Perhaps it listens on the other kind of address.
    }
  }
  return undefined
}
