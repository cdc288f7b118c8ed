import { Duplex, Readable, Writable } from 'node:stream'
import type { ByteChannel } from '@caisson/core'

/** A connection into a sandbox as Node's HTTP client wants it. */
export function toDuplex({ readable, writable }: ByteChannel): Duplex {
  const duplex = Duplex.from({ readable: Readable.fromWeb(readable), writable: Writable.fromWeb(writable) })
  const same = (): Duplex => duplex
  // Node's HTTP client sets options of TCP on its connections.
  return Object.assign(duplex, { setKeepAlive: same, setNoDelay: same, setTimeout: same, ref: same, unref: same })
}
