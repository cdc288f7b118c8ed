import { type ClientRequest, type IncomingMessage, request as send } from 'node:http'
import { request as sendSecurely } from 'node:https'
import type { Duplex } from 'node:stream'
import type { SecureContext } from 'node:tls'
import { hopByHopHeaders } from '@caisson/core'
import type { Target } from './request-target.ts'

/** Where a request goes on, and with what. */
export interface Upstream extends Target {
  /** Where to connect, whatever the name says. */
  readonly address: string
  readonly path: string
  /** Put in the place of what the program sends under the same names, which are in small letters here. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Whose certificates are believed, for a server that speaks TLS. */
  readonly trust?: SecureContext | undefined
  /** How long the server may say nothing. */
  readonly silenceMs: number
  readonly track: (socket: Duplex) => unknown
}

/** With which the gateway says why it refuses. Only its own: from a server it is not passed on. */
export const refusalHeader = 'x-caisson-egress'

/** Meant for the next hop only, or for us. */
const notForwarded: ReadonlySet<string> = new Set([...hopByHopHeaders, 'host', refusalHeader])

/** Begins a request of our own making, so that no two parsers ever see the same bytes. The caller sends the body. */
export function openUpstream(
  request: IncomingMessage,
  upstream: Upstream,
  ofTheWay: Readonly<Record<string, string>> = {},
): ClientRequest {
  // Without it the body of a GET would follow its head bare, as if it were the next request.
  const chunked = request.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }
  const { trust } = upstream
  const options = {
    host: upstream.address,
    port: upstream.port,
    path: upstream.path,
    method: request.method,
    headers: { ...passedOn(request), ...upstream.headers, ...chunked, ...ofTheWay, host: authority(upstream) },
    setHost: false,
    agent: false as const,
    timeout: upstream.silenceMs,
  }
  const secured = { ...options, servername: upstream.host, secureContext: trust, ALPNProtocols: ['http/1.1'] }
  const outgoing = trust === undefined ? send(options) : sendSecurely(secured)
  outgoing.once('socket', upstream.track)
  outgoing.once('timeout', () => outgoing.destroy(new Error('the server is silent')))
  return outgoing
}

/** The headers of a message that are for whoever comes after us. */
export function passedOn({ headersDistinct }: IncomingMessage): Record<string, string[]> {
  const named = new Set(
    (headersDistinct['connection'] ?? [])
      .join(',')
      .toLowerCase()
      .split(/\s*,\s*/),
  )
  const passed: Record<string, string[]> = {}
  for (const [name, values] of Object.entries(headersDistinct)) {
    if (values !== undefined && !notForwarded.has(name) && !named.has(name)) passed[name] = values
  }
  return passed
}

function authority({ host, port, trust }: Upstream): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === (trust === undefined ? 80 : 443) ? name : `${name}:${port}`
}
