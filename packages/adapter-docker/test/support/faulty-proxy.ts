import { freshId } from '@caisson/core'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What becomes of a request: it is served, lost before it arrives, lost after it was served, never answered, answered with nonsense, cut off by a break
 * or by an orderly end in the middle of its answer, or answered piece by piece with waits between.
 */
export type Fate = 'served' | 'lost' | 'answer lost' | 'unanswered' | 'nonsense' | 'cut' | 'ended' | 'slow'

export interface FaultyProxy extends AsyncDisposable {
  readonly socketPath: string
  /** Decides for each request, named as `POST /containers/create`. */
  decide: (request: string) => Fate
  /** Breaks all connections that stand. */
  readonly breakAll: () => void
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
    let sent = Promise.resolve()
    engine.on('data', (bytes) => {
      const half = bytes.subarray(0, bytes.byteLength / 2)
      if (fate === 'answer lost') client.destroy()
      else if (fate === 'cut') client.write(half, () => client.destroy())
      else if (fate === 'ended') client.end(half)
      else if (fate === 'slow') sent = sent.then(async () => await writeSlowly(client, bytes))
      else client.write(bytes)
    })
    client.on('end', () => engine.end())
    engine.on('end', () => void sent.then(() => client.end()))
  })
  server.listen(socketPath)
  await once(server, 'listening')
  const proxy: FaultyProxy = {
    socketPath,
    decide: () => 'served',
    breakAll: () => {
      for (const socket of sockets) socket.destroy()
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
      rmSync(socketPath, { force: true })
    },
  }
  return proxy
}

async function writeSlowly(client: Socket, bytes: Buffer): Promise<void> {
  const size = Math.ceil(bytes.byteLength / 4)
  for (let at = 0; at < bytes.byteLength && !client.destroyed; at += size) {
    client.write(bytes.subarray(at, at + size))
    await sleep(15)
  }
}
