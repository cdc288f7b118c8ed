import { joinEgressLink } from './egress-link.ts'
import { createOutlet, type Outlet } from './outlet.ts'

/** Where programs find the proxy: the port that `HTTP_PROXY` names. */
const proxyPort = 3128

/** One end of a connection, and what its events mean to the other. */
export interface End {
  /** Where what comes from it goes. */
  outlet: Outlet | undefined
  /** It takes bytes again. */
  onRoom: () => void
  onClose: () => void
}

const nothing = (): void => undefined
const unconnected = (): End => ({ outlet: undefined, onRoom: nothing, onClose: nothing })

const handlers: Bun.SocketHandler<End> = {
  data: (socket, bytes) => {
    if (socket.data.outlet?.write(bytes) === false) socket.pause()
  },
  drain: (socket) => socket.data.onRoom(),
  end: (socket) => socket.data.outlet?.end(),
  close: (socket) => socket.data.onClose(),
  error: (socket) => socket.terminate(),
}

/** Connections to the gateway. */
const outers = new Set<Bun.Socket<End>>()

/** Ends all connections that lead out of the sandbox. Those that programs try to make from now on fail until it is opened again. */
export function closeEgress(): void {
  isOpen = false
  for (const outer of outers) outer.terminate()
  outers.clear()
}

export function reopenEgress(): void {
  isOpen = true
}

let isOpen = true

/**
 * Passes the bytes of every connection to the sandbox's own proxy port on to the host's egress gateway and back: over the link of a host that has
 * offered one, else through the socket. What may be reached is decided out there, where code in the sandbox has no say.
 */
export function serveEgressProxy(gatewaySocket: string): void {
  Bun.listen<End>({
    hostname: '127.0.0.1',
    port: proxyPort,
    allowHalfOpen: true,
    data: unconnected(),
    socket: {
      ...handlers,
      open: (inner) => {
        inner.data = unconnected()
        if (joinEgressLink(inner)) return
        inner.pause()
        void connect(inner, gatewaySocket)
      },
    },
  })
}

async function connect(inner: Bun.Socket<End>, gatewaySocket: string): Promise<void> {
  try {
    if (!isOpen) return inner.terminate()
    const outer = await Bun.connect<End>({
      unix: gatewaySocket,
      allowHalfOpen: true,
      data: unconnected(),
      socket: handlers,
    })
    if (!isOpen) return terminate(inner, outer)
    outers.add(outer)
    join(inner, outer)
    join(outer, inner, () => outers.delete(outer))
    inner.resume()
  } catch {
    inner.terminate()
  }
}

/** Sends what comes from one socket to the other. */
function join(from: Bun.Socket<End>, to: Bun.Socket<End>, onClose = nothing): void {
  const outlet = createOutlet(to)
  from.data.outlet = outlet
  from.data.onClose = () => {
    onClose()
    to.end()
  }
  to.data.onRoom = () => {
    if (outlet.drain()) from.resume()
  }
}

function terminate(...sockets: readonly Bun.Socket<End>[]): void {
  for (const socket of sockets) socket.terminate()
}
