import { pythonPrograms } from '@caisson/conformance'
import { decodeText, encodeText, runProcess, type Sandbox } from '@caisson/core'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { DockerAdapterOptions, EgressEvent } from '@caisson/adapter-docker'
import { onEngines } from './support/on-engines.ts'

/** Sends what it is given through a tunnel, and prints the sum and the size of what comes back. */
const echoed = `
import hashlib, os, socket, sys, threading
proxy = socket.create_connection(('127.0.0.1', 3128), 20)
target = sys.argv[1].encode()
proxy.sendall(b'CONNECT ' + target + b' HTTP/1.1\\r\\nHost: ' + target + b'\\r\\n\\r\\n')
answer = b''
while not answer.endswith(b'\\r\\n\\r\\n'): answer += proxy.recv(1)
blocks = [os.urandom(65536) for _ in range(48)]
def send():
    for block in blocks: proxy.sendall(block)
    proxy.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
heard = hashlib.sha256()
while data := proxy.recv(65536): heard.update(data)
print(answer.split()[1].decode(), heard.digest() == hashlib.sha256(b''.join(blocks)).digest())
`

let web: Server
let echo: TcpServer
const portOf = (server: TcpServer | Server): number => (server.address() as AddressInfo).port

beforeAll(async () => {
  web = createServer((_, response) => response.end('from the web')).listen(0, '127.0.0.1')
  echo = createTcpServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
  await Promise.all([once(web, 'listening'), once(echo, 'listening')])
})
afterAll(() => {
  web.close()
  echo.close()
})

const allowing = (...ports: readonly number[]) => ({
  egress: {
    mode: 'allow' as const,
    rules: ports.map((port) => ({ host: '127.0.0.1', port, allowPrivateAddress: true })),
  },
})

async function fetched(sandbox: Sandbox, port: number): Promise<string> {
  const argv = pythonPrograms.fetch?.(`http://127.0.0.1:${port}/`) ?? ['false']
  const { stdout, stderr } = await runProcess(sandbox, { argv, timeoutMs: 20_000 })
  return decodeText(stdout) || (decodeText(stderr).trim().split('\n').at(-1) ?? '')
}

onEngines((engine) => {
  const ways: readonly (readonly [string, Pick<DockerAdapterOptions, 'connection'>])[] = [
    ['the way that is found', {}],
    ['an exec of the engine', { connection: 'exec' }],
  ]
  test.each(ways)('what the rules allow is reached, and nothing else, through %s', async (_, options) => {
    const events: EgressEvent[] = []
    const adapter = engine.adapter({ ...options, onEgress: (event) => events.push(event) })
    await using sandbox = await adapter.create(allowing(portOf(web), portOf(echo)))
    expect(await fetched(sandbox, portOf(web))).toBe('from the web')
    expect(events).toMatchObject([{ sandbox: sandbox.id, port: portOf(web), verdict: 'granted' }])
    expect(await fetched(sandbox, 9)).toMatch(/403/)
    expect(events.at(-1)).toMatchObject({ port: 9, verdict: 'denied', reason: 'not-allowed' })
    const tunnel = await runProcess(sandbox, {
      argv: ['/usr/bin/python3', '-c', echoed, `127.0.0.1:${portOf(echo)}`],
      timeoutMs: 60_000,
    })
    expect(decodeText(tunnel.stdout) + decodeText(tunnel.stderr)).toBe('200 True\n')
    // There is no other way: the container has the loopback and nothing else.
    const direct =
      "import urllib.request as r; r.build_opener(r.ProxyHandler({})).open('http://127.0.0.1:%d/', timeout=5)"
    const past = await runProcess(sandbox, {
      argv: ['/usr/bin/python3', '-c', direct.replace('%d', String(portOf(web)))],
    })
    expect(decodeText(past.stderr)).toContain('Connection refused')
    const devices = await runProcess(sandbox, { argv: ['cat', '/proc/net/dev'] })
    expect(decodeText(devices.stdout).match(/^ *\w+:/gm)).toEqual([expect.stringContaining('lo:')])
    await sandbox.pause?.()
    await sandbox.resume?.()
    expect(await fetched(sandbox, portOf(web))).toBe('from the web')
  })

  test('whoever connects offers the way out again when nobody else does', async () => {
    const first = engine.adapter()
    const created = await first.create(allowing(portOf(web)))
    const second = engine.adapter()
    const connected = await second.connect(created.id)
    await created.detach()
    await first[Symbol.asyncDispose]()
    await vi.waitFor(async () => expect(await fetched(connected, portOf(web))).toBe('from the web'), 20_000)
    await connected.detach()
    await second[Symbol.asyncDispose]()
    const third = await engine.adapter().connect(created.id)
    expect(await fetched(third, portOf(web))).toBe('from the web')
    expect(await third.destroy()).toBe('destroyed')
  })

  test('without rules there is no proxy, and a sandbox cannot be offered one', async () => {
    await using sandbox = await engine.adapter().create({})
    const { stdout } = await runProcess(
      sandbox,
      { argv: ['/bin/sh', '-s'], timeoutMs: 20_000 },
      { input: encodeText('env | grep -ci proxy; cat /proc/net/tcp | grep -ci :0C38') },
    )
    expect(decodeText(stdout)).toBe('0\n0\n')
  })
})
