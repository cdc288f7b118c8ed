import { freshId } from '@caisson/core'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What becomes of a request: it is served, lost before it arrives, lost after it was served, never answered, or answered with nonsense. */
export type Fate = 'served' | 'lost' | 'answer lost' | 'unanswered' | 'nonsense'

export interface FaultyProxy extends AsyncDisposable {
  readonly socketPath: string
  /** Decides for each request, named as `POST /containers/create`. */
  decide: (request: string) => Fate
}

/** Stands before an engine's socket and breaks what it is told to. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  const socketPath = join(tmpdir(), `${freshId('p')}.sock`)
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: target, allowHalfOpen: true })
    for (const socket of [client, engine]) {
      sockets.add(socket)
      socket.on('error', () => client.destroy() && engine.destroy())
      socket.on('close', () => sockets.delete(socket))
    }
    let fate: Fate = 'served'
    client.on('data', (bytes) => {
      const [, request] = /^([A-Z]+ [^ ?]+)/.exec(bytes.subarray(0, 300).toString('latin1')) ?? []
      if (request !== undefined) fate = proxy.decide(request.replace(/ \/v\d+\.\d+/, ' '))
      if (fate === 'lost') client.destroy()
      else if (fate === 'nonsense') client.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"no":"!"')
      else if (fate !== 'unanswered') engine.write(bytes)
    })
    engine.on('data', (bytes) => (fate === 'answer lost' ? client.destroy() : client.write(bytes)))
    client.on('end', () => engine.end())
    engine.on('end', () => client.end())
  })
  server.listen(socketPath)
  await once(server, 'listening')
  const proxy: FaultyProxy = {
    socketPath,
    decide: () => 'served',
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
      rmSync(socketPath, { force: true })
    },
  }
  return proxy
}
