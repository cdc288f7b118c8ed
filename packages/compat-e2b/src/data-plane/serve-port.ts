import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { isSandboxError } from '@caisson/core'
import { E2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { type HeaderList, sameSecret, toDuplex } from '@caisson/compat-kit'
import { forward } from './forward.ts'
import { requestHeaders } from './headers.ts'
import { sendNotFound, sendPortClosed } from './not-there.ts'

/** A connection to a port of the sandbox. `closed`: nobody listens. */
export async function connectToPort(entry: Entry, port: number): Promise<Duplex | 'closed'> {
  if (port < 1 || port > 65_535) throw new E2bError(400, `${port} is no port`)
  const { ports } = entry.sandbox
  if (ports === undefined) throw new E2bError(400, `sandboxes of ${entry.record.adapter} have no ports`)
  try {
    return secured(toDuplex(await ports.connect(port)), entry, port)
  } catch (error) {
    if (isSandboxError(error) && error.code === 'unavailable') return 'closed'
    throw error
  }
}

/** Programs that the owner says speak TLS are spoken to so; who they are is known by where they are, not by their certificate. */
function secured(connection: Duplex, { record }: Entry, port: number): Duplex {
  if (record.network?.httpsPorts?.includes(port) !== true) return connection
  const socket = connectTls({ socket: connection, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  socket.once('close', () => connection.destroy())
  connection.once('close', () => socket.destroy())
  return socket
}

function isBrowser({ headers }: IncomingMessage): boolean {
  return headers['user-agent']?.startsWith('Mozilla/') === true
}

/** Whether the owner of the sandbox lets everybody in, or this caller has the token. */
export function assertTraffic({ tokens }: Services, { record }: Entry, request: IncomingMessage): void {
  if (record.network?.allowPublicTraffic !== false) return
  if (sameSecret(request.headers['e2b-traffic-access-token'], tokens.traffic(record.id))) return
  throw new E2bError(403, 'the traffic access token is missing or wrong')
}

/** The headers with which a request reaches a program in the sandbox. */
export function portHeaders({ record }: Entry, request: IncomingMessage, port: number): HeaderList {
  const { host = '' } = request.headers
  return requestHeaders(request, {
    Host: record.network?.maskRequestHost?.replaceAll('${PORT}', String(port)) ?? host,
    'X-Forwarded-Host': host,
    'X-Forwarded-Proto': 'encrypted' in request.socket ? 'https' : 'http',
  })
}

/** Passes a request on to a program that listens in the sandbox. */
export async function servePort(
  services: Services,
  {
    request,
    response,
    entry,
    port,
  }: {
    readonly request: IncomingMessage
    readonly response: ServerResponse
    readonly entry: Entry
    readonly port: number
  },
): Promise<void> {
  const { id } = entry.record
  assertTraffic(services, entry, request)
  const connection = await connectToPort(entry, port)
  const closed = (): void => sendPortClosed(response, { sandboxId: id, port, isBrowser: isBrowser(request) })
  if (connection === 'closed') return closed()
  // One connection for one request: what a program does with the next on the same connection is its own affair.
  const agent = new Agent({ keepAlive: false })
  agent.createConnection = () => connection
  response.once('close', () => connection.destroy())
  forward(request, response, {
    entry,
    agent,
    path: request.url ?? '/',
    headers: portHeaders(entry, request, port),
    onUnanswered: () => (entry.gone ? sendNotFound(response, id) : closed()),
  })
}
