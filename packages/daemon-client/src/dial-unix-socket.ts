import { closeSync, constants, fstatSync, openSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { Duplex } from 'node:stream'

/** Linux: a descriptor that names the file without opening it. Node has no constant for it. */
const openAsPath = 0o10000000

/**
 * Connects to a unix socket in a directory that a sandbox can write to. The entry is pinned first and checked to be a socket, so a
 * symbolic link or another file that the sandbox planted there leads nowhere. Failures come as `error` of the stream.
 */
export function dialUnixSocket(directory: string, name: string): Duplex {
  let descriptor: number | undefined
  try {
    descriptor = openSync(join(directory, name), openAsPath | constants.O_NOFOLLOW)
    if (!fstatSync(descriptor).isSocket())
      throw Object.assign(new Error(`${name} is not a socket`), { code: 'ENOTSOCK' })
    const pinned = descriptor
    const socket = connect(`/proc/self/fd/${pinned}`)
    let open = true
    const release = () => {
      if (open) closeSync(pinned)
      open = false
    }
    socket.once('connect', release)
    socket.once('close', release)
    return socket
  } catch (error) {
    if (descriptor !== undefined) closeSync(descriptor)
    return failedConnection(error)
  }
}

/** A connection that never came about: callers hear of it the way they hear of every other broken one. */
function failedConnection(error: unknown): Duplex {
  const stream = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() })
  stream.destroy(error instanceof Error ? error : new Error(String(error)))
  return stream
}
