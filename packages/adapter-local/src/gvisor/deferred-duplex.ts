import { Duplex } from 'node:stream'

/** A stream that can be used at once, and comes about later. It fails when `open` does; `signal` tells that nobody wants it any more. */
export function deferredDuplex(open: (signal: AbortSignal) => Promise<Duplex>): Duplex {
  const over = new AbortController()
  const opened = open(over.signal)
  let inner: Duplex | undefined
  /** Done at once when the stream is there, else when it comes. */
  const toInner = (act: (stream: Duplex) => void): void => {
    if (inner === undefined) void opened.then(act, () => undefined)
    else act(inner)
  }
  const duplex = new Duplex({
    allowHalfOpen: true,
    read: () => void inner?.resume(),
    write: (chunk: Buffer, _encoding, done) => toInner((stream) => void stream.write(chunk, done)),
    final: (done) => toInner((stream) => void stream.end(done)),
    destroy: (error, done) => {
      over.abort()
      inner?.destroy()
      done(error)
    },
  })
  const join = (stream: Duplex): void => {
    inner = stream
    if (duplex.destroyed) stream.destroy()
    stream.on('data', (chunk: Buffer) => {
      if (!duplex.push(chunk)) stream.pause()
    })
    stream.once('end', () => void duplex.push(null))
    stream.once('error', (error) => void duplex.destroy(error))
    stream.once('close', () => void duplex.destroy())
  }
  opened.then(join, (error: Error) => void duplex.destroy(error))
  const nothing = (): Duplex => duplex
  // Node's HTTP client sets options of TCP on its connections.
  return Object.assign(duplex, {
    setKeepAlive: nothing,
    setNoDelay: nothing,
    setTimeout: nothing,
    ref: nothing,
    unref: nothing,
  })
}
