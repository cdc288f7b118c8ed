import { createOutlet, type Outlet } from './outlet.ts'

/** Where programs find the proxy: the port that `HTTP_PROXY` names. */
const proxyPort = 3128

interface End {
  outlet: Outlet | undefined
  peer: Bun.Socket<End> | undefined
}

const handlers: Bun.SocketHandler<End> = {
  data: (socket, bytes) => {
    if (socket.data.outlet?.write(bytes) === false) socket.pause()
  },
  drain: (socket) => {
    const { peer } = socket.data
    if (peer?.data.outlet?.drain() === true) peer.resume()
  },
  end: (socket) => socket.data.outlet?.end(),
  close: (socket) => void socket.data.peer?.end(),
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
 * Passes the bytes of every connection to the sandbox's own proxy port on to the host's egress gateway and back. What may be reached is
 * decided out there, where code in the sandbox has no say.
 */
export function serveEgressProxy(gatewaySocket: string): void {
  Bun.listen<End>({
    hostname: '127.0.0.1',
    port: proxyPort,
    allowHalfOpen: true,
    data: { outlet: undefined, peer: undefined },
    socket: {
      ...handlers,
      open: (inner) => {
        inner.data = { outlet: undefined, peer: undefined }
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
      data: { outlet: createOutlet(inner), peer: inner },
      socket: {
        ...handlers,
        close: (socket) => {
          outers.delete(socket)
          void socket.data.peer?.end()
        },
      },
    })
    if (!isOpen) return terminate(inner, outer)
    outers.add(outer)
    inner.data.outlet = createOutlet(outer)
    inner.data.peer = outer
    inner.resume()
  } catch {
    inner.terminate()
  }
}

function terminate(...sockets: readonly Bun.Socket<End>[]): void {
  for (const socket of sockets) socket.terminate()
}
