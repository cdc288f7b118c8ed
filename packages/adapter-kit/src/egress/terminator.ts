import { minuteMs, secondMs } from '@caisson/core'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import { forward, refuse } from './forward.ts'
import { forwardUpgrade, isWebSocket, refusalText } from './forward-upgrade.ts'
import type { Leaves } from './leaves.ts'
import type { Upstream } from './open-upstream.ts'
import { namesTarget, type Target } from './request-target.ts'

/** A checked target of a tunnel into whose requests headers are put. */
export interface TerminatedTarget extends Target {
  readonly address: string
  readonly headers: Readonly<Record<string, string>>
}

export interface TerminatorOptions {
  /** What is shown in the place of hosts. Absent: TLS to them is refused. */
  readonly leaves: Leaves | undefined
  /** Whose certificates are believed. */
  readonly trust: () => SecureContext
  readonly track: (socket: Duplex) => unknown
  /** Told of what names another host than the tunnel, and of what could be read in two ways. */
  readonly onMalformed: (target: Target) => void
}

interface Place {
  readonly target: TerminatedTarget
  readonly secure: boolean
}

const firstByteOfTls = 0x16
const maxHeaderBytes = 64 * 1024
const greetingMs = 30 * secondMs
const idleMs = 60 * secondMs
/** Models think for a while before they say anything. */
const silenceMs = 10 * minuteMs

/**
 * Ends the TLS of tunnels to certain hosts, puts headers into each request, and speaks to the host itself, whose certificate must be right. Each
 * request must name the host of its tunnel once more, so that no header meant for one host is ever sent to another that answers at the same address.
 */
export function createTerminator({ leaves, trust, track, onMalformed }: TerminatorOptions) {
  const places = new WeakMap<Duplex, Place>()

  /** Where a request goes; undefined when it does not say so in the one way that is understood. */
  const upstreamOf = (request: IncomingMessage): Upstream | undefined => {
    const place = places.get(request.socket)
    const { url = '' } = request
    const hosts = request.headersDistinct['host'] ?? []
    if (place === undefined) return undefined
    const { target, secure } = place
    const isClear =
      /^\/[!-~]*$/.test(url) &&
      !url.includes('#') &&
      hosts.length === 1 &&
      hosts.every((host) => namesTarget(host, target, [secure ? 443 : 80]))
    if (!isClear) {
      onMalformed(target)
      return undefined
    }
    return { ...target, path: url, silenceMs, track, ...(secure ? { trust: trust() } : {}) }
  }

  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: greetingMs,
    // A body may take as long as it takes: a program that sends slowly keeps only itself waiting.
    requestTimeout: 0,
    keepAliveTimeout: idleMs,
    requireHostHeader: false,
    shouldUpgradeCallback: isWebSocket,
  })
  server.on('request', (request, response) => {
    const upstream = upstreamOf(request)
    if (upstream === undefined) refuse(response, 'malformed')
    else forward(request, response, upstream)
  })
  server.on('upgrade', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    if (head.byteLength > 0) client.unshift(head)
    const upstream = upstreamOf(request)
    if (upstream === undefined) client.end(refusalText('malformed'))
    else forwardUpgrade(request, client, upstream)
  })

  const serve = (connection: Duplex, place: Place): void => {
    places.set(connection, place)
    server.emit('connection', connection)
  }

  const secure = (client: Duplex, target: TerminatedTarget, leaf: SecureContext | undefined): void => {
    const connection = new TLSSocket(client, {
      isServer: true,
      ALPNProtocols: ['http/1.1'],
      SNICallback: (name, done) => {
        const isMeant = name.toLowerCase() === target.host
        if (!isMeant) onMalformed(target)
        // Without a certificate the handshake ends with an alert.
        done(null, isMeant ? leaf : undefined)
      },
    })
    connection.once('secure', () => {
      if (connection.servername === target.host) serve(connection, { target, secure: true })
      else connection.destroy()
    })
    connection.on('error', () => client.destroy())
  }

  /** Takes a tunnel over for which the program was told that it stands. */
  return async (client: Duplex, target: TerminatedTarget): Promise<void> => {
    const first = await firstByteOf(client)
    if (first === undefined) client.destroy()
    else if (first === firstByteOfTls) secure(client, target, await leaves?.(target.host))
    else serve(client, { target, secure: false })
  }
}

/** It stays to be read. Undefined when none comes. */
async function firstByteOf(stream: Duplex): Promise<number | undefined> {
  try {
    await once(stream, 'readable', { signal: AbortSignal.timeout(greetingMs) })
  } catch {
    return undefined
  }
  const chunk: unknown = stream.read()
  if (!Buffer.isBuffer(chunk)) return undefined
  stream.unshift(chunk)
  return chunk[0]
}
