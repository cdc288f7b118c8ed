import { Duplex } from 'node:stream'
import { createConnection } from 'node:net'

/**
 * Dials connections that break after so many bytes have come in, the way a remote engine's do. A cut of Infinity never comes.
 */
export function flakyDial(socketPath: string, nextCut: () => number): () => Duplex {
  return () => {
    const socket = createConnection(socketPath)
    let left = nextCut()
    const duplex = new Duplex({
      read: () => void socket.resume(),
      write: (chunk: Uint8Array, _encoding, done) => void socket.write(chunk, () => done()),
      destroy: (error, done) => {
        socket.destroy()
        done(error)
      },
    })
    socket.on('data', (chunk: Buffer) => {
      const part = chunk.subarray(0, left)
      left -= part.byteLength
      if (!duplex.push(part)) socket.pause()
      if (left === 0) duplex.destroy(new Error('the connection broke'))
    })
    socket.on('close', () => duplex.destroy())
    socket.on('error', (error) => duplex.destroy(error))
    return duplex
  }
}
