import { once } from 'node:events'
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { launchesPath } from '@caisson/wire-e2b'
import { type WebSocket, WebSocketServer } from 'ws'

export interface HostileLaunches extends AsyncDisposable {
  readonly directory: string
}

/** A daemon that lets processes be launched, and answers each launch with whatever it is told to. Everything else breaks off. */
export async function startHostileLaunches(answer: (socket: WebSocket, id: number) => void): Promise<HostileLaunches> {
  const directory = mkdtempSync(join(tmpdir(), 'caisson-hostile-'))
  const sockets = new WebSocketServer({ noServer: true })
  const server = createServer((request) => void request.socket.destroy())
  server.on('upgrade', (request, socket, head) => {
    if (request.url !== launchesPath) return void socket.destroy()
    sockets.handleUpgrade(request, socket, head, (web) => {
      web.on('message', (data: Buffer) => {
        const message: unknown = JSON.parse(data.toString())
        const id = typeof message === 'object' && message !== null && 'id' in message ? Number(message.id) : 0
        answer(web, id)
      })
    })
  })
  server.listen(join(directory, 'daemon.sock'))
  await once(server, 'listening')
  return {
    directory,
    [Symbol.asyncDispose]: async () => {
      for (const web of sockets.clients) web.terminate()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
