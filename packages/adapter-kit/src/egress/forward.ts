import { secondMs } from '@caisson/core'
import { type IncomingMessage, request as send, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import type { DenialReason } from './authorize.ts'
import type { Target } from './request-target.ts'

export interface Upstream extends Target {
  /** Where to connect, whatever the name says. */
  readonly address: string
  readonly path: string
  readonly track: (socket: Duplex) => unknown
}

/** With which the gateway says why it refuses. Only its own: from a server it is not passed on. */
export const refusalHeader = 'x-caisson-egress'

/** Meant for the next hop only, or for us. */
const notForwarded = new Set([
  refusalHeader,
  'connection',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const silenceMs = 60 * secondMs

/** Sends a request on as a new one of our own making, so that no two parsers ever see the same bytes, and its answer back. */
export function forward(request: IncomingMessage, response: ServerResponse, upstream: Upstream): void {
  const outgoing = send({
    host: upstream.address,
    port: upstream.port,
    path: upstream.path,
    method: request.method,
    headers: { ...passedOn(request), host: authority(upstream) },
    setHost: false,
    agent: false,
    timeout: silenceMs,
  })
  outgoing.once('socket', upstream.track)
  outgoing.once('timeout', () => outgoing.destroy(new Error('the server is silent')))
  outgoing.once('response', (incoming) => {
    response.writeHead(incoming.statusCode ?? 502, passedOn(incoming))
    pipeline(incoming, response, () => undefined)
  })
  outgoing.once('error', () => refuse(response, 'unreachable'))
  response.once('close', () => outgoing.destroy())
  pipeline(request, outgoing, () => undefined)
}

/** Why there is no answer: it was denied, or nobody answers at the address. */
export type Refusal = DenialReason | 'unreachable'

export function refuse(response: ServerResponse, reason: Refusal): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(refusalStatus(reason), { connection: 'close', [refusalHeader]: reason }).end()
}

export function refusalStatus(reason: Refusal): 403 | 502 {
  return reason === 'unreachable' ? 502 : 403
}

function passedOn({ headersDistinct }: IncomingMessage): Record<string, string[]> {
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

function authority({ host, port }: Target): string {
  const name = host.includes(':') ? `[${host}]` : host
  return port === 80 ? name : `${name}:${port}`
}
