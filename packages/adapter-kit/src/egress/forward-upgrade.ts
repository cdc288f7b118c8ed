import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { failureOf, refusalStatus, type Refusal } from './forward.ts'
import { openUpstream, passedOn, refusalHeader, type Upstream } from './open-upstream.ts'

/** The one protocol to which a connection may change. */
const webSocket = 'websocket'

export function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === webSocket
}

/** Sends a request to open a WebSocket on, and the bytes of both sides afterwards. */
export function forwardUpgrade(request: IncomingMessage, client: Duplex, upstream: Upstream): void {
  const outgoing = openUpstream(request, upstream, { connection: 'Upgrade', upgrade: webSocket })
  client.on('error', () => client.destroy())
  client.once('close', () => outgoing.destroy())
  let begun = false
  outgoing.once('upgrade', (incoming, server, head) => {
    begun = true
    server.setTimeout(0)
    server.on('error', () => client.destroy())
    server.once('close', () => client.destroy())
    client.once('close', () => server.destroy())
    client.write(headOf(incoming, { connection: ['Upgrade'], upgrade: [webSocket] }))
    if (head.byteLength > 0) client.write(head)
    client.pipe(server).pipe(client)
  })
  outgoing.once('response', (incoming) => {
    begun = true
    client.write(headOf(incoming, { connection: ['close'] }))
    incoming.on('error', () => client.destroy())
    incoming.pipe(client)
  })
  outgoing.on('error', () => {
    if (begun) client.destroy()
    else client.end(refusalText(...failureOf(outgoing, upstream)))
  })
  outgoing.end()
}

/** A refusal where no server of ours writes the answer. */
export function refusalText(reason: Refusal, detail = ''): string {
  const status = refusalStatus(reason)
  const length = Buffer.byteLength(detail)
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n${refusalHeader}: ${reason}\r\nContent-Length: ${length}\r\n\r\n${detail}`
}

/** The body that follows ends with the connection, or with its length. */
function headOf(incoming: IncomingMessage, more: Readonly<Record<string, readonly string[]>>): string {
  const { statusCode = 502 } = incoming
  const lines = Object.entries({ ...passedOn(incoming), ...more }).flatMap(([name, values]) =>
    values.map((value) => `${name}: ${value}\r\n`),
  )
  return `HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}\r\n${lines.join('')}\r\n`
}
