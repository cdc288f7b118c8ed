import { createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { decodeText, encodeText, mib, type Ports } from '@caisson/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until } from '@caisson/daemon/testing'
import { openSandbox, type TestSandbox } from './support/open-sandbox.ts'

let opened: TestSandbox
let ports: Ports
const servers: Server[] = []
beforeAll(async () => {
  opened = await openSandbox()
  if (opened.sandbox.ports === undefined) throw new Error('the sandbox has no ports')
  ports = opened.sandbox.ports
})
afterAll(async () => {
  await opened[Symbol.asyncDispose]()
  for (const server of servers) server.close()
})

async function listen(serve: (socket: Socket) => void, host = '127.0.0.1'): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined)
    serve(socket)
  })
  servers.push(server)
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(stream))
}

describe('a port', () => {
  it('can be talked to, both ways and with end of file in each', async () => {
    const port = await listen((socket) => {
      const parts: Buffer[] = []
      socket.on('data', (part) => parts.push(part))
      socket.on('end', () => socket.end(`you said ${Buffer.concat(parts).toString()}`))
    })
    const { readable, writable } = await ports.connect(port)
    const writer = writable.getWriter()
    await writer.write(encodeText('hel'))
    await writer.write(encodeText('lo'))
    await writer.close()
    expect(decodeText(await readAll(readable))).toBe('you said hello')
  })

  it('carries 20 MB each way at the same time', async () => {
    const port = await listen((socket) => socket.pipe(socket))
    const { readable, writable } = await ports.connect(port)
    const sent = createHash('sha256')
    const send = async (): Promise<void> => {
      const writer = writable.getWriter()
      for (let block = 0; block < 20; block += 1) {
        const bytes = new Uint8Array(mib).fill(block)
        sent.update(bytes)
        await writer.write(bytes)
      }
      await writer.close()
    }
    const [received] = await Promise.all([readAll(readable), send()])
    expect(createHash('sha256').update(received).digest('hex')).toBe(sent.digest('hex'))
  })

  it('whose program does not read holds its writer back', async () => {
    const port = await listen((socket) => socket.pause())
    const { writable } = await ports.connect(port)
    const writer = writable.getWriter()
    let written = 0
    const flood = (async () => {
      for (; written < 400; written += 1) await writer.write(new Uint8Array(mib / 4))
    })().catch(() => undefined)
    let before = -1
    await until(async () => {
      const same = written === before
      before = written
      await new Promise((resolve) => setTimeout(resolve, 100))
      return same
    }, 'the writer stands still')
    expect(written).toBeLessThan(200)
    await writer.abort()
    await flood
  })

  it('is found on the IPv6 loopback, too', async () => {
    const port = await listen((socket) => socket.end('six'), '::1')
    expect(decodeText(await readAll((await ports.connect(port)).readable))).toBe('six')
  })

  it('on which nobody listens is unavailable, and one that cannot be is no argument', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    server.close()
    await once(server, 'close')
    await expect(ports.connect(port)).rejects.toMatchObject({ code: 'unavailable' })
    await expect(ports.connect(0)).rejects.toMatchObject({ code: 'invalid-argument', field: 'port' })
    await expect(ports.connect(70_000)).rejects.toMatchObject({ code: 'invalid-argument' })
  })

  it('is closed for the program when the caller lets go', async () => {
    let closed = false
    const port = await listen((socket) => {
      socket.write('x')
      socket.on('close', () => (closed = true))
    })
    const { readable } = await ports.connect(port)
    await readable.cancel()
    await until(() => closed, 'the program sees the end')
  })
})
