import type { SandboxError } from '@caisson/core'
import type { Lane, LaneEvents } from '@caisson/wire-e2b'
import { Duplex } from 'node:stream'

/** One connection of a multiplexer as a stream of Node. `reason` says why it is over when it ends before its time. */
export function laneDuplex(reason: () => SandboxError): {
  readonly events: LaneEvents
  /** The stream, once there is the connection that tells these events. */
  readonly attach: (lane: Lane) => Duplex
} {
  let lane: Lane | undefined
  let unread = 0
  let written: (() => void) | undefined
  const acknowledge = (): void => {
    const size = unread
    unread = 0
    if (size > 0) lane?.consumed(size)
  }
  const duplex: Duplex = new Duplex({
    read: acknowledge,
    write: (chunk: Buffer, _encoding, done) => {
      if (lane?.write(chunk) === true) done()
      else written = done
    },
    final: (done) => {
      lane?.end()
      done()
    },
    destroy: (error, done) => {
      lane?.reset()
      done(error)
    },
  })
  const events: LaneEvents = {
    onData: (bytes) => {
      unread += bytes.byteLength
      if (duplex.push(bytes)) acknowledge()
    },
    onEnd: () => void duplex.push(null),
    onReset: () => void duplex.destroy(reason()),
    onDrain: () => {
      const done = written
      written = undefined
      done?.()
    },
  }
  const nothing = (): Duplex => duplex
  // Node's HTTP client and server set options of TCP on their connections.
  const socketLike = { setKeepAlive: nothing, setNoDelay: nothing, setTimeout: nothing, ref: nothing, unref: nothing }
  return {
    events,
    attach: (attached) => {
      lane = attached
      return Object.assign(duplex, socketLike)
    },
  }
}
