import { type EgressPolicy, minuteMs, secondMs } from '@caisson/core'
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { authorize, type DenialReason, type Resolve } from './authorize.ts'
import { forward, type Refusal, refusalHeader, refusalStatus, refuse } from './forward.ts'
import { namesTarget, parseAbsoluteUrl, parseAuthority, type Target } from './request-target.ts'

/** One try of a sandbox to reach something. */
export interface EgressEvent {
  readonly sandbox: string
  readonly host: string
  readonly port: number
  readonly verdict: 'granted' | 'denied'
  readonly reason?: DenialReason | undefined
  readonly atMs: number
}

export type EgressListener = (event: EgressEvent) => void

export interface EgressGateway {
  /** For adapters that have sandboxes connect to a socket: it listens on none by itself. */
  readonly server: Server
  /** Serves a connection that came in another way. */
  readonly accept: (connection: Duplex) => void
  /** Ends what it listens on and all connections. */
  readonly close: () => void
}

export interface GatewayOptions {
  readonly sandbox: string
  readonly policy: EgressPolicy
  readonly onEgress?: EgressListener | undefined
  readonly resolve?: Resolve | undefined
}

const maxConnections = 128
const maxHeaderBytes = 16 * 1024
const connectMs = 10 * secondMs
/** What `describe` of an event may hold of what the sandbox asked for. */
const maxHostLength = 253

/**
 * The only way out of a sandbox: an HTTP proxy of the host, for exactly the targets of the policy. It resolves names itself and connects to the
 * address that it checked. What the sandbox sends is hostile: whatever could be read in two ways is refused.
 */
export function createEgressGateway(options: GatewayOptions): EgressGateway {
  const sockets = new Set<Duplex>()
  const report = (target: Target | string, reason?: DenialReason): void => {
    const { host, port } = typeof target === 'string' ? { host: target.slice(0, maxHostLength), port: 0 } : target
    const verdict = reason === undefined ? 'granted' : 'denied'
    options.onEgress?.({ sandbox: options.sandbox, host, port, verdict, reason, atMs: Date.now() })
  }
  const track = <Stream extends Duplex>(stream: Stream): Stream => {
    sockets.add(stream)
    stream.once('close', () => sockets.delete(stream))
    return stream
  }
  /** The checked address, or why not, which is reported. */
  const admit = async (target: Target | undefined, request: IncomingMessage, implied: readonly number[]) => {
    if (target === undefined || !hostAgrees(request, target, implied)) {
      report(request.url ?? '', 'malformed')
      return 'malformed'
    }
    const verdict = await authorize(options.policy, target, options.resolve)
    report(target, verdict.granted ? undefined : verdict.reason)
    return verdict.granted ? { ...target, address: verdict.address } : verdict.reason
  }

  const server = createServer({
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: 30 * secondMs,
    requestTimeout: 10 * minuteMs,
    keepAliveTimeout: 5 * secondMs,
    requireHostHeader: false,
  })
  server.maxConnections = maxConnections
  server.on('connection', track)
  server.on('drop', () => report('', 'too-many-connections'))
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    client.on('error', () => client.destroy())
    void admit(parseAuthority(request.url ?? ''), request, [80, 443]).then((target) => {
      if (typeof target === 'string') return client.end(refusal(target))
      return tunnel(client, head, track(connect({ host: target.address, port: target.port, allowHalfOpen: true })))
    })
  })
  server.on('request', (request, response) => {
    const url = parseAbsoluteUrl(request.url ?? '')
    void admit(url, request, [80]).then((target) => {
      if (typeof target === 'string' || url === undefined)
        return refuse(response, typeof target === 'string' ? target : 'malformed')
      return forward(request, response, { ...target, path: url.path, track })
    })
  })

  let accepted = 0
  return {
    server,
    accept: (connection) => {
      connection.on('error', () => connection.destroy())
      if (accepted >= maxConnections) {
        report('', 'too-many-connections')
        connection.destroy()
        return
      }
      accepted += 1
      connection.once('close', () => (accepted -= 1))
      server.emit('connection', connection)
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function hostAgrees(request: IncomingMessage, target: Target, implied: readonly number[]): boolean {
  const hosts = request.headersDistinct['host'] ?? []
  return hosts.length <= 1 && hosts.every((host) => namesTarget(host, target, implied))
}

function refusal(reason: Refusal): string {
  const status = refusalStatus(reason)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${refusalHeader}: ${reason}\r\nContent-Length: 0\r\n\r\n`
}

function tunnel(client: Duplex, head: Buffer, upstream: Socket): void {
  const giveUp = () => {
    client.destroy()
    upstream.destroy()
  }
  const timer = setTimeout(giveUp, connectMs).unref()
  upstream.once('connect', () => {
    clearTimeout(timer)
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    if (head.byteLength > 0) upstream.write(head)
    client.pipe(upstream).pipe(client)
  })
  upstream.once('error', () => {
    clearTimeout(timer)
    if (upstream.bytesRead > 0 || upstream.bytesWritten > 0) giveUp()
    else client.end(refusal('unreachable'))
  })
  client.once('close', () => upstream.destroy())
}
