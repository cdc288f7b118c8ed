import { type EgressPolicy, minuteMs, secondMs } from '@caisson/core'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import type { Authority } from './authority.ts'
import { authorize, type DenialReason, type Resolve } from './authorize.ts'
import { forward, refuse } from './forward.ts'
import { refusalText } from './forward-upgrade.ts'
import { headersFor } from './headers-for.ts'
import { createLeaves } from './leaves.ts'
import { namesTarget, parseAbsoluteUrl, parseAuthority, type Target } from './request-target.ts'
import { createTerminator } from './terminator.ts'

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
  /** In whose name it answers for hosts into whose requests the policy puts headers. Without it TLS to them is refused. */
  readonly authority?: Authority | undefined
  /** Authorities that vouch for such hosts beside those that everybody knows, as PEM texts. */
  readonly trusted?: readonly string[] | undefined
}

const maxConnections = 128
const maxHeaderBytes = 16 * 1024
const connectMs = 10 * secondMs
const silenceMs = 60 * secondMs
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

  let trust: SecureContext | undefined
  const terminate = createTerminator({
    leaves: options.authority === undefined ? undefined : createLeaves(options.authority),
    trust: () => (trust ??= trustOf(options.trusted ?? [])),
    track,
    onMalformed: (target) => report(target, 'malformed'),
  })

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
      if (typeof target === 'string') return client.end(refusalText(target))
      const headers = headersFor(options.policy, target.host)
      if (headers !== undefined) {
        client.write(established)
        if (head.byteLength > 0) client.unshift(head)
        return void terminate(client, { ...target, headers }).catch(() => client.destroy())
      }
      return tunnel(client, head, track(connect({ host: target.address, port: target.port, allowHalfOpen: true })))
    })
  })
  server.on('request', (request, response) => {
    const url = parseAbsoluteUrl(request.url ?? '')
    void admit(url, request, [80]).then((target) => {
      if (typeof target === 'string' || url === undefined)
        return refuse(response, typeof target === 'string' ? target : 'malformed')
      const headers = headersFor(options.policy, target.host)
      return forward(request, response, { ...target, path: url.path, headers, silenceMs, track })
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

const established = 'HTTP/1.1 200 Connection Established\r\n\r\n'

/** Those that everybody knows stay in any case. */
function trustOf(more: readonly string[]): SecureContext {
  return createSecureContext({ ca: [...getCACertificates('default'), ...more] })
}

function tunnel(client: Duplex, head: Buffer, upstream: Socket): void {
  const giveUp = () => {
    client.destroy()
    upstream.destroy()
  }
  const timer = setTimeout(giveUp, connectMs).unref()
  upstream.once('connect', () => {
    clearTimeout(timer)
    client.write(established)
    if (head.byteLength > 0) upstream.write(head)
    client.pipe(upstream).pipe(client)
  })
  upstream.once('error', () => {
    clearTimeout(timer)
    if (upstream.bytesRead > 0 || upstream.bytesWritten > 0) giveUp()
    else client.end(refusalText('unreachable'))
  })
  client.once('close', () => upstream.destroy())
}
