import { createLocalAdapter, type EgressEvent } from '@caisson/adapter-local'
import { decodeText, type EgressPolicy, encodeText, runProcess, type Sandbox } from '@caisson/core'
import { once } from 'node:events'
import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer, type Server as TcpServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { whyNot } from './support/machine.ts'
import { temporaryState } from './support/temporary-state.ts'

const reason = whyNot()

/** Sends bytes to the proxy of the sandbox and prints all that comes back. */
const raw = `
import socket, sys
proxy = socket.create_connection(('127.0.0.1', 3128), 5)
proxy.settimeout(5)
proxy.sendall(sys.stdin.buffer.read())
if len(sys.argv) > 1: proxy.shutdown(socket.SHUT_WR)
try:
    while data := proxy.recv(65536): sys.stdout.buffer.write(data)
except TimeoutError: print('TIMEOUT')
except ConnectionResetError: print('RESET')
`

describe.skipIf(reason !== undefined)(`egress${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  const events: EgressEvent[] = []
  const state = temporaryState()
  const adapter = createLocalAdapter({ stateDirectory: state, onEgress: (event) => events.push(event) })
  let web: Server
  let echo: TcpServer
  let sandbox: Sandbox
  let webPort = 0
  let echoPort = 0
  const seen: { readonly url: string | undefined; readonly headers: NodeJS.Dict<string | string[]> }[] = []

  const portOf = (server: TcpServer | Server): number => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
  const allowing = (...ports: readonly number[]): EgressPolicy => ({
    mode: 'allow',
    rules: ports.map((port) => ({ host: '127.0.0.1', port, allowPrivateAddress: true })),
  })

  beforeAll(async () => {
    web = createHttpServer((request, response) => {
      seen.push({ url: request.url, headers: request.headers })
      response.end('from the web')
    }).listen(0, '127.0.0.1')
    echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1')
    await Promise.all([once(web, 'listening'), once(echo, 'listening')])
    webPort = portOf(web)
    echoPort = portOf(echo)
    sandbox = await adapter.create({ egress: allowing(webPort, echoPort) })
  })
  afterAll(async () => {
    await sandbox.destroy()
    await adapter[Symbol.asyncDispose]()
    web.close()
    echo.close()
  })

  const exchange = async (bytes: string, to: Sandbox = sandbox, ...flags: readonly string[]): Promise<string> => {
    const argv = ['/usr/bin/python3', '-c', raw, ...flags] as const
    return decodeText(
      (await runProcess(to, { argv: [...argv], timeoutMs: 15_000 }, { input: encodeText(bytes) })).stdout,
    )
  }
  const connect = async (authority: string): Promise<string> =>
    await exchange(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)

  it('lets an allowed request pass, with the headers that are meant for the server', async () => {
    const answer = await exchange(
      `GET http://127.0.0.1:${webPort}/path?q HTTP/1.1\r\nHost: 127.0.0.1:${webPort}\r\nX-Mine: yes\r\nProxy-Authorization: Basic c2VjcmV0\r\nConnection: close, X-Hop\r\nX-Hop: no\r\n\r\n`,
    )
    expect(answer).toContain('200 OK')
    expect(answer).toContain('from the web')
    expect(seen.at(-1)?.url).toBe('/path?q')
    expect(seen.at(-1)?.headers).toMatchObject({ 'x-mine': 'yes', host: `127.0.0.1:${webPort}` })
    expect(Object.keys(seen.at(-1)?.headers ?? {})).not.toEqual(expect.arrayContaining(['x-hop']))
    expect(JSON.stringify(seen.at(-1)?.headers)).not.toContain('c2VjcmV0')
    expect(events.at(-1)).toMatchObject({ sandbox: sandbox.id, host: '127.0.0.1', port: webPort, verdict: 'granted' })
  })

  it('tunnels both ways, half-closed included', async () => {
    const answer = await exchange(
      `CONNECT 127.0.0.1:${echoPort} HTTP/1.1\r\nHost: 127.0.0.1:${echoPort}\r\n\r\nhello there`,
      sandbox,
      'half-close',
    )
    expect(answer).toBe('HTTP/1.1 200 Connection Established\r\n\r\nhello there')
  })

  it('serves programs that know the usual variables', async () => {
    const program = `import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:${webPort}/', timeout=5).read().decode())`
    const ran = await runProcess(sandbox, { argv: ['/usr/bin/python3', '-c', program] })
    expect(decodeText(ran.stdout)).toBe('from the web\n')
  })

  it.each([
    ['another port', () => `127.0.0.1:${webPort + 1}`],
    ['another name of the same host', () => `localhost:${webPort}`],
    ['an address written as a number', () => `2130706433:${webPort}`],
    ['a short address', () => `127.1:${webPort}`],
    ['an octal address', () => `0177.0.0.1:${webPort}`],
    ['a trailing dot', () => `127.0.0.1.:${webPort}`],
    ['a mapped address', () => `[::ffff:127.0.0.1]:${webPort}`],
    ['user information', () => `127.0.0.1:${webPort}@evil.example:80`],
    ['metadata', () => '169.254.169.254:80'],
    ['mail', () => '127.0.0.1:25'],
  ])('denies %s', async (_, authority) => {
    const before = events.length
    expect(await connect(authority())).toMatch(/^HTTP\/1\.1 (403 Forbidden|400 Bad Request)/)
    expect(events.slice(before).every(({ verdict }) => verdict === 'denied')).toBe(true)
  })

  it.each([
    [
      'a Host that names another target',
      () => `CONNECT 127.0.0.1:${webPort} HTTP/1.1\r\nHost: evil.example:443\r\n\r\n`,
    ],
    [
      'two Hosts',
      () => `GET http://127.0.0.1:${webPort}/ HTTP/1.1\r\nHost: 127.0.0.1:${webPort}\r\nHost: evil.example\r\n\r\n`,
    ],
    ['a request for the proxy itself', () => 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n'],
    [
      'two lengths',
      () =>
        `POST http://127.0.0.1:${webPort}/ HTTP/1.1\r\nHost: 127.0.0.1:${webPort}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
    ],
    [
      'length and chunks',
      () =>
        `POST http://127.0.0.1:${webPort}/ HTTP/1.1\r\nHost: 127.0.0.1:${webPort}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['NUL in a name', () => `CONNECT evil\0.example:443 HTTP/1.1\r\n\r\n`],
    [
      'a huge header',
      () =>
        `GET http://127.0.0.1:${webPort}/ HTTP/1.1\r\nHost: 127.0.0.1:${webPort}\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`,
    ],
    ['noise', () => '\x16\x03\x01\x02\x00\x01\x00'],
  ])('refuses %s', async (_, bytes) => {
    const before = seen.length
    expect(await exchange(bytes())).toMatch(/^(HTTP\/1\.1 4\d\d |RESET)/)
    expect(seen.length).toBe(before)
  })

  it('does not lead to a private address without permission', async () => {
    await using careful = await adapter.create({
      egress: { mode: 'allow', rules: [{ host: '127.0.0.1', port: webPort }] },
    })
    expect(
      await exchange(`GET http://127.0.0.1:${webPort}/ HTTP/1.1\r\nHost: 127.0.0.1:${webPort}\r\n\r\n`, careful),
    ).toContain('403')
    expect(events.at(-1)).toMatchObject({ verdict: 'denied', reason: 'private-address' })
  })

  it('reaches nothing with an empty list', async () => {
    await using closed = await adapter.create({ egress: { mode: 'allow', rules: [] } })
    expect(
      await exchange(`CONNECT 127.0.0.1:${webPort} HTTP/1.1\r\nHost: 127.0.0.1:${webPort}\r\n\r\n`, closed),
    ).toContain('403')
  })

  it('is taken over by whoever connects after its owner has gone', async () => {
    const first = createLocalAdapter({ stateDirectory: state, preparedSandboxes: 0 })
    const created = await first.create({ egress: allowing(webPort) })
    await first[Symbol.asyncDispose]()
    const request = `GET http://127.0.0.1:${webPort}/ HTTP/1.1\r\nHost: 127.0.0.1:${webPort}\r\nConnection: close\r\n\r\n`
    expect(await exchange(request, created)).not.toContain('from the web')
    const connected = await adapter.connect(created.id)
    expect(await exchange(request, connected)).toContain('from the web')
    await connected.destroy()
    await created.detach()
  })

  it('is taken over by a process that had connected before, too', async () => {
    const first = createLocalAdapter({ stateDirectory: state, preparedSandboxes: 0 })
    const created = await first.create({ egress: allowing(webPort) })
    const connected = await adapter.connect(created.id)
    await created.detach()
    await first[Symbol.asyncDispose]()
    const request = `GET http://127.0.0.1:${webPort}/ HTTP/1.1\r\nHost: 127.0.0.1:${webPort}\r\nConnection: close\r\n\r\n`
    await vi.waitFor(async () => expect(await exchange(request, connected)).toContain('from the web'), {
      timeout: 10_000,
    })
    await connected.destroy()
  })

  it('follows another policy at once, whichever process gives it, and after that has gone', async () => {
    const other = createLocalAdapter({ stateDirectory: state, preparedSandboxes: 0 })
    const created = await adapter.create({ egress: allowing(echoPort) })
    const request = `GET http://127.0.0.1:${webPort}/ HTTP/1.1\r\nHost: 127.0.0.1:${webPort}\r\nConnection: close\r\n\r\n`
    expect(await exchange(request, created)).toContain('403')
    const connected = await other.connect(created.id)
    await connected.setEgress?.(allowing(webPort))
    expect(await exchange(request, created)).toContain('from the web')
    await connected.detach()
    await other[Symbol.asyncDispose]()
    await vi.waitFor(async () => expect(await exchange(request, created)).toContain('from the web'), {
      timeout: 10_000,
    })
    await created.setEgress?.({ mode: 'none' })
    expect(await exchange(request, created)).toContain('403')
    await created.destroy()
  })

  it('is not opened for a sandbox that was made without it', async () => {
    await using sealed = await adapter.create({})
    await sealed.setEgress?.({ mode: 'none' })
    await expect(sealed.setEgress?.(allowing(webPort))).rejects.toMatchObject({ code: 'unsupported', field: 'egress' })
  })
})
