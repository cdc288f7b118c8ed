import { SandboxError } from '@caisson/core'
import { bridgeGreeting, createMultiplexer, type Multiplexer } from '@caisson/wire-e2b'
import type { Duplex } from 'node:stream'
import { laneDuplex } from './lane-duplex.ts'

/** Connections to a daemon that all travel over one stream. */
export interface SharedLink {
  readonly dial: () => Duplex
  /** Ends the stream and with it all connections. The next `dial` opens another. */
  readonly close: () => void
}

/** How much is kept of what somebody says who is not the bridge. */
const complaintLimitBytes = 4096

/**
 * For adapters that reach the daemon through the standard streams of the program `daemon bridge`. `open` starts it and returns its streams at
 * once; it is called again when it is needed after it broke.
 */
export function createSharedLink(adapter: string, open: () => Duplex): SharedLink {
  let current: { readonly stream: Duplex; readonly multiplexer: Multiplexer; reason: SandboxError } | undefined

  const connect = (): NonNullable<typeof current> => {
    const stream = open()
    const multiplexer = createMultiplexer((bytes) => void stream.write(bytes))
    const link = { stream, multiplexer, reason: unavailable(adapter, 'the bridge to the daemon ended') }
    const greeting = createGreetingCheck((bytes) => multiplexer.receive(bytes))
    stream.on('data', (chunk: Buffer) => {
      try {
        greeting.receive(chunk)
      } catch (error) {
        stream.destroy(new SandboxError('protocol', adapter, 'the bridge to the daemon is broken', { cause: error }))
      }
    })
    stream.once('error', (error) => {
      link.reason = error instanceof SandboxError ? error : unavailable(adapter, error.message, error)
    })
    stream.once('end', () => {
      const complaint = greeting.complaint()
      if (complaint !== '') link.reason = unavailable(adapter, complaint)
      stream.destroy()
    })
    stream.once('close', () => {
      if (current === link) current = undefined
      multiplexer.close()
    })
    return link
  }

  return {
    dial: () => {
      current ??= connect()
      const link = current
      const { events, attach } = laneDuplex(() => link.reason)
      return attach(link.multiplexer.open(events))
    },
    close: () => current?.stream.destroy(),
  }
}

function unavailable(adapter: string, message: string, cause?: unknown): SandboxError {
  return new SandboxError('unavailable', adapter, `the daemon cannot be reached: ${message}`, { cause })
}

/** Passes on what follows the greeting; what comes in its place is an engine's complaint that the bridge could not be started. */
function createGreetingCheck(onData: (bytes: Uint8Array) => void): {
  readonly receive: (chunk: Buffer) => void
  readonly complaint: () => string
} {
  const expected = Buffer.from(bridgeGreeting)
  let heard = Buffer.alloc(0)
  let greeted = false
  return {
    receive: (chunk) => {
      if (greeted) return onData(chunk)
      if (heard.byteLength >= complaintLimitBytes) return
      heard = Buffer.concat([heard, chunk])
      if (!heard.subarray(0, expected.byteLength).equals(expected)) return
      greeted = true
      onData(heard.subarray(expected.byteLength))
    },
    complaint: () => (greeted ? '' : heard.toString('utf8').slice(0, complaintLimitBytes).trim()),
  }
}
