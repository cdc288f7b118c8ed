import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeText } from '@caisson/core'
import { encodeEnvelope, encodeMessage, endStreamFlag } from '@caisson/wire-e2b'

export interface HostileDaemon extends AsyncDisposable {
  readonly directory: string
  /** Connections that stand. */
  readonly connections: () => number
}

/** A server that answers every request with whatever it is told to, down to the last byte. */
export async function startHostileDaemon(answer: (socket: Socket, path: string) => void): Promise<HostileDaemon> {
  const directory = mkdtempSync(join(tmpdir(), 'caisson-hostile-'))
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    let head = ''
    socket.on('data', (part: Buffer) => {
      if (head === 'answered') return
      head += part.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      const path = head.split(' ')[1] ?? ''
      head = 'answered'
      answer(socket, path)
    })
  })
  server.listen(join(directory, 'daemon.sock'))
  await once(server, 'listening')
  return {
    directory,
    connections: () => sockets.size,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Writes for as long as the other side takes it. */
export function flood(socket: Socket, part: Uint8Array | string): void {
  const push = (): void => {
    while (!socket.destroyed && socket.write(part));
    if (!socket.destroyed) socket.once('drain', push)
  }
  push()
}

export const streamHead = 'HTTP/1.1 200 OK\r\ncontent-type: application/connect+json\r\n\r\n'

export function json(body: unknown, status = '200 OK'): string {
  const text = JSON.stringify(body)
  return `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
}

/** A stream of these messages, its proper end included. */
export function stream(...messages: readonly unknown[]): Uint8Array {
  return Buffer.concat([
    encodeText(streamHead),
    ...messages.map((message) => encodeMessage(message)),
    encodeEnvelope(encodeText('{}'), endStreamFlag),
  ])
}
