import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { pipeline } from 'node:stream'
import { toE2bError } from '../e2b-error.ts'
import type { Services } from '../gateway-options.ts'
import { assertTraffic, connectToPort, portHeaders } from './serve-port.ts'
import { findRunning } from './find-running.ts'
import { codePort, envdPort, targetOf } from './target.ts'

/** Takes a WebSocket, or whatever else a request wants to become, through to a program in a sandbox. */
export async function serveUpgrade(
  services: Services,
  request: IncomingMessage,
  { socket, head }: { readonly socket: Duplex; readonly head: Buffer },
): Promise<void> {
  socket.on('error', () => socket.destroy())
  const target = targetOf(request)
  const { upgrade = '' } = request.headers
  const refuse = (status: number): void => void socket.end(`HTTP/1.1 ${status} refused\r\nconnection: close\r\n\r\n`)
  try {
    if (target === undefined || target.port === envdPort || target.port === codePort) return refuse(404)
    const entry = await findRunning(services, target.id)
    if (entry === undefined) return refuse(502)
    assertTraffic(services, entry, request)
    const connection = await connectToPort(entry, target.port)
    if (connection === 'closed') return refuse(502)
    const cut = (): void => void socket.destroy()
    entry.clients.add(cut)
    socket.once('close', () => entry.clients.delete(cut))
    const headers = [...portHeaders(entry, request, target.port), 'Connection', 'Upgrade', 'Upgrade', upgrade]
    const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1] ?? ''}`] : []))
    connection.write(`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    connection.write(head)
    const end = (): void => {
      socket.destroy()
      connection.destroy()
    }
    pipeline(connection, socket, end)
    pipeline(socket, connection, end)
  } catch (error) {
    refuse(toE2bError(error).status)
  }
}
