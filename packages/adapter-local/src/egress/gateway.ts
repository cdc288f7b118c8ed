import { type EgressRule, freshId, minuteMs, secondMs } from '@caisson/core'
import { once } from 'node:events'
import { closeSync, constants, openSync } from 'node:fs'
import { rename, symlink } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { basename, dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import { authorize, type DenialReason, type Resolve } from './authorize.ts'
import { forward, refuse } from './forward.ts'
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

export interface EgressGateway {
  /** How many tries were denied. */
  readonly denied: () => number
  readonly close: () => void
}

export interface GatewayOptions {
  readonly sandbox: string
  readonly rules: readonly EgressRule[]
  readonly onEgress?: ((event: EgressEvent) => void) | undefined
  readonly resolve?: Resolve | undefined
}

const maxConnections = 128
const maxHeaderBytes = 16 * 1024
const connectMs = 10 * secondMs
/** What `describe` of an event may hold of what the sandbox asked for. */
const maxHostLength = 253

/**
 * The only way out of a sandbox: an HTTP proxy on a unix socket of the host, for exactly the targets of the rules. It resolves names itself and
 * connects to the address that it checked. What the sandbox sends is hostile: whatever could be read in two ways is refused.
 */
export async function listen(path: string, options: GatewayOptions): Promise<EgressGateway> {
  const sockets = new Set<Duplex>()
  let denied = 0
  const report = (target: Target | string, reason?: DenialReason): void => {
    if (reason !== undefined) denied += 1
    const { host, port } = typeof target === 'string' ? { host: target.slice(0, maxHostLength), port: 0 } : target
    const verdict = reason === undefined ? 'granted' : 'denied'
    options.onEgress?.({ sandbox: options.sandbox, host, port, verdict, reason, atMs: Date.now() })
  }
  const track = <Stream extends Duplex>(stream: Stream): Stream => {
    sockets.add(stream)
    stream.once('close', () => sockets.delete(stream))
    return stream
  }
  /** The checked address, or undefined when it was denied and reported. */
  const admit = async (target: Target | undefined, request: IncomingMessage, implied: readonly number[]) => {
    if (target === undefined || !hostAgrees(request, target, implied)) {
      report(request.url ?? '', 'malformed')
      return undefined
    }
    const verdict = await authorize(options.rules, target, options.resolve)
    report(target, verdict.granted ? undefined : verdict.reason)
    return verdict.granted ? { ...target, address: verdict.address } : undefined
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
      if (target === undefined)
        return client.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return tunnel(client, head, track(connect({ host: target.address, port: target.port, allowHalfOpen: true })))
    })
  })
  server.on('request', (request, response) => {
    const url = parseAbsoluteUrl(request.url ?? '')
    void admit(url, request, [80]).then((target) => {
      if (target === undefined || url === undefined) return refuse(response, 403)
      return forward(request, response, { ...target, path: url.path, track })
    })
  })

  await bind(server, path)
  server.unref()
  return {
    denied: () => denied,
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
    else client.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  client.once('close', () => upstream.destroy())
}

/**
 * Binds under a name of its own and turns the link that sandboxes follow to it in one step: a gateway that closes later than its successor
 * opened removes only its own. The directory is named by a descriptor, since the names of sockets are short.
 */
async function bind(server: ReturnType<typeof createServer>, path: string): Promise<void> {
  const directory = openSync(dirname(path), constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    const name = `gateway-${freshId()}.sock`
    server.listen({ path: `/proc/self/fd/${directory}/${name}`, readableAll: true, writableAll: true })
    await once(server, 'listening')
    const link = `${dirname(path)}/${freshId()}`
    await symlink(name, link)
    await rename(link, `${dirname(path)}/${basename(path)}`)
  } finally {
    closeSync(directory)
  }
}
