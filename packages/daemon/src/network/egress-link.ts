import { createMultiplexer, type Lane, mostEgressConnections, type Multiplexer } from '@caisson/wire-e2b'
import type { End } from './egress-proxy.ts'
import { createOutlet } from './outlet.ts'
import type { Peer, WebSocket } from './web-socket.ts'

/** The way out that a host offers over one WebSocket. */
interface Link {
  readonly multiplexer: Multiplexer
  /** The programs' connections, each with whether the host takes more of it. */
  readonly inners: Map<Bun.Socket<End>, boolean>
  /** The WebSocket takes nothing at this moment. */
  full: boolean
}

/** Whoever came last is the likeliest to be there still. */
const links: Link[] = []

/** What is behind `egressPath`. */
export function createEgressPeer(): Peer {
  let link: Link | undefined
  return {
    open: (web) => {
      link = openLink(web)
      links.push(link)
    },
    message: (web, message) => {
      try {
        if (typeof message !== 'string') link?.multiplexer.receive(message)
      } catch {
        web.close()
      }
    },
    drain: () => {
      if (link === undefined) return
      link.full = false
      for (const [inner, taken] of link.inners) if (taken) inner.resume()
    },
    close: () => {
      if (link === undefined) return
      links.splice(links.indexOf(link), 1)
      link.multiplexer.close()
    },
  }
}

function openLink(web: WebSocket): Link {
  const link: Link = {
    multiplexer: createMultiplexer((bytes) => {
      const sent = web.sendBinary(bytes)
      if (sent < 0) link.full = true
      // Part of the stream is lost, and with it the whole.
      if (sent === 0) web.terminate()
    }),
    inners: new Map(),
    full: false,
  }
  return link
}

/** Has a program's connection go on over the link of a host. False when there is no host. */
export function joinEgressLink(inner: Bun.Socket<End>): boolean {
  const link = links.at(-1)
  if (link === undefined) return false
  if (link.inners.size >= mostEgressConnections) inner.terminate()
  else join(inner, link)
  return true
}

function join(inner: Bun.Socket<End>, link: Link): void {
  const { multiplexer, inners } = link
  const outlet = createOutlet(inner)
  let unread = 0
  const lane: Lane = multiplexer.open({
    onData: (bytes) => {
      unread += bytes.byteLength
      if (outlet.write(bytes)) acknowledge()
    },
    onEnd: outlet.end,
    onReset: () => inner.terminate(),
    onDrain: () => {
      inners.set(inner, true)
      inner.resume()
    },
  })
  const acknowledge = (): void => {
    lane.consumed(unread)
    unread = 0
  }
  inners.set(inner, true)
  inner.data = {
    outlet: {
      write: (bytes) => {
        // The caller's buffer is used again once it returns.
        const taken = lane.write(bytes.slice())
        inners.set(inner, taken)
        return taken && !link.full
      },
      drain: () => true,
      end: lane.end,
    },
    onRoom: () => {
      if (outlet.drain()) acknowledge()
    },
    onClose: () => {
      inners.delete(inner)
      lane.reset()
    },
  }
}
