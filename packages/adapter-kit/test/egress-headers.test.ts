import type { EgressHeaders, EgressPolicy } from '@caisson/core'
import { once } from 'node:events'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectSecurely, type TLSSocket } from 'node:tls'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Authority, createAuthority, issueLeaf } from '../src/egress/authority.ts'
import { createEgressGateway, type EgressEvent, type GatewayOptions } from '../src/egress/gateway.ts'
import { headersFor } from '../src/egress/headers-for.ts'

const name = 'api.example.com'
const secret = 'Bearer the-secret-of-this-test'

/** What arrived at the servers. */
const seen: {
  readonly url: string | undefined
  readonly host: string | undefined
  readonly headers: readonly string[]
}[] = []
const started = new AsyncDisposableStack()
let upstreamAuthority: Authority
let authority: Authority
let webPort = 0
let securePort = 0
let otherSecurePort = 0
let strangerPort = 0
let endlessBytes = 0

function serve(request: IncomingMessage, response: ServerResponse): void {
  seen.push({ url: request.url, host: request.headers.host, headers: request.headersDistinct['authorization'] ?? [] })
  if (request.url === '/endless') {
    const chunk = Buffer.alloc(64 * 1024)
    const more = (): void => {
      do endlessBytes += chunk.byteLength
      while (response.write(chunk))
    }
    response.on('drain', more)
    return more()
  }
  response.setHeader('x-path', request.url ?? '')
  request.pipe(response)
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  started.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

async function secureServer(of: Authority, host: string): Promise<Server> {
  const { certificate, key } = await issueLeaf(of, host)
  return createHttpsServer({ cert: certificate, key }, serve)
}

beforeAll(async () => {
  upstreamAuthority = await createAuthority()
  authority = await createAuthority()
  webPort = await listen(createHttpServer(serve))
  const secure = await secureServer(upstreamAuthority, name)
  secure.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    seen.push({ url: request.url, host: request.headers.host, headers: request.headersDistinct['authorization'] ?? [] })
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello ')
    socket.pipe(socket)
  })
  securePort = await listen(secure)
  otherSecurePort = await listen(await secureServer(upstreamAuthority, 'other.example.com'))
  strangerPort = await listen(await secureServer(await createAuthority(), name))
})
afterAll(async () => await started.disposeAsync())

function policyWith(headers: readonly EgressHeaders[]): EgressPolicy {
  return {
    mode: 'allow',
    rules: [{ host: '*', port: 'any', allowPrivateAddress: true }],
    headers: headers.map((each) => ({ ...each })),
  }
}

const rule = (host: string): EgressHeaders => ({ host, set: { Authorization: secret } })

interface Way extends Disposable {
  readonly port: number
  readonly events: readonly EgressEvent[]
}

async function openWay(options: Partial<GatewayOptions> = {}): Promise<Way> {
  const events: EgressEvent[] = []
  const gateway = createEgressGateway({
    sandbox: 'sb1',
    policy: policyWith([rule(name)]),
    resolve: async () => await Promise.resolve(['127.0.0.1']),
    authority,
    trusted: [upstreamAuthority.certificate],
    onEgress: (event) => events.push(event),
    ...options,
  })
  gateway.server.listen(0, '127.0.0.1')
  await once(gateway.server, 'listening')
  return {
    port: (gateway.server.address() as AddressInfo).port,
    events,
    [Symbol.dispose]: () => gateway.close(),
  }
}

/** Opens a tunnel. */
async function tunnelTo(way: Way, target: string): Promise<Socket> {
  const socket = connect(way.port, '127.0.0.1')
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  expect(head.toString()).toBe('HTTP/1.1 200 Connection Established\r\n\r\n')
  return socket
}

/** Speaks TLS through a tunnel, and believes nobody but the authority of the sandbox. */
async function secureTo(way: Way, target: string, servername = target.replace(/:\d+$/, '')): Promise<TLSSocket> {
  const socket = connectSecurely({
    socket: await tunnelTo(way, target),
    servername,
    ca: authority.certificate,
    ALPNProtocols: ['h2', 'http/1.1'],
  })
  await once(socket, 'secureConnect')
  return socket
}

/** Everything that comes back until the other side ends. */
async function exchange(socket: Duplex, text: string): Promise<string> {
  socket.write(text, 'latin1')
  const parts: Buffer[] = []
  for await (const part of socket) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('latin1')
}

const get = (path: string, host: string, more = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${more}\r\n`

describe('headers that are put into requests on their way out', () => {
  it('are in requests over TLS, in the place of what the program sends', async () => {
    using way = await openWay()
    const target = `${name}:${securePort}`
    const socket = await secureTo(way, target)
    expect(socket.alpnProtocol).toBe('http/1.1')
    const answer = await exchange(
      socket,
      get('/a?b', target, 'authorization: mine\r\nAUTHORIZATION: mine too\r\nConnection: authorization\r\n'),
    )
    expect(answer).toContain('200 OK')
    expect(answer).not.toContain(secret)
    expect(seen.at(-1)).toEqual({ url: '/a?b', host: target, headers: [secret] })
  })

  it('are in requests without TLS, through the proxy and through a tunnel', async () => {
    using way = await openWay()
    const target = `${name}:${webPort}`
    const proxied = connect(way.port, '127.0.0.1')
    expect(await exchange(proxied, get(`http://${target}/proxied`, target, 'Authorization: mine\r\n'))).toContain('200')
    expect(seen.at(-1)).toEqual({ url: '/proxied', host: target, headers: [secret] })
    expect(await exchange(await tunnelTo(way, target), get('/tunnelled', target))).toContain('200')
    expect(seen.at(-1)).toEqual({ url: '/tunnelled', host: target, headers: [secret] })
  })

  it('are in no request to another host, whose TLS passes unread', async () => {
    using way = await openWay()
    const target = `other.example.com:${otherSecurePort}`
    const socket = connectSecurely({
      socket: await tunnelTo(way, target),
      servername: 'other.example.com',
      ca: upstreamAuthority.certificate,
    })
    await once(socket, 'secureConnect')
    expect(await exchange(socket, get('/', target))).toContain('200')
    expect(seen.at(-1)).toMatchObject({ headers: [] })
  })

  it('are not there when the policy does not name them', async () => {
    using way = await openWay({ policy: policyWith([]) })
    const target = `${name}:${webPort}`
    expect(await exchange(connect(way.port, '127.0.0.1'), get(`http://${target}/`, target))).toContain('200')
    expect(seen.at(-1)).toMatchObject({ headers: [] })
  })

  it('open nothing by themselves', async () => {
    using way = await openWay({ policy: { mode: 'allow', rules: [], headers: [rule(name)] } })
    const socket = connect(way.port, '127.0.0.1')
    const answer = await exchange(
      socket,
      `CONNECT ${name}:${securePort} HTTP/1.1\r\nHost: ${name}:${securePort}\r\n\r\n`,
    )
    expect(answer).toContain('403')
    expect(way.events).toMatchObject([{ verdict: 'denied', reason: 'not-allowed' }])
  })
})

describe('the host of a request', () => {
  const requests = seen
  it.each([
    ['another Host', () => get('/', 'evil.example.com')],
    ['the right name on another port', () => get('/', `${name}:1`)],
    ['two Hosts', () => get('/', `${name}:${securePort}`, `Host: ${name}:${securePort}\r\n`)],
    ['no Host', () => 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['an absolute address', () => get(`https://${name}:${securePort}/`, `${name}:${securePort}`)],
    ['a fragment', () => get('/a#b', `${name}:${securePort}`)],
    ['TRACE', () => get('/', `${name}:${securePort}`).replace('GET', 'TRACE')],
  ])('is refused over TLS with %s', async (_, request) => {
    using way = await openWay()
    const before = requests.length
    const answer = await exchange(await secureTo(way, `${name}:${securePort}`), request())
    expect(answer).toMatch(/^HTTP\/1\.1 4/)
    expect(requests.length).toBe(before)
  })

  it.each(['evil.example.com', 'example.com', ''])('is refused when TLS asks for %j', async (servername) => {
    using way = await openWay()
    const socket = connectSecurely({
      socket: await tunnelTo(way, `${name}:${securePort}`),
      ...(servername === '' ? {} : { servername }),
      rejectUnauthorized: false,
    })
    await expect(once(socket, 'secureConnect')).rejects.toThrow()
    await expect
      .poll(() => way.events.filter(({ reason }) => reason === 'malformed').length)
      .toBe(servername === '' ? 0 : 1)
  })

  it('is refused when a tunnel to another host names it', async () => {
    using way = await openWay({ policy: policyWith([rule(name), { host: 'other.example.com', set: {} }]) })
    const socket = await secureTo(way, `other.example.com:${otherSecurePort}`)
    expect(await exchange(socket, get('/', `${name}:${otherSecurePort}`))).toContain('403')
  })
})

describe('the bytes of a request', () => {
  it('cannot be read in two ways', async () => {
    using way = await openWay()
    const target = `${name}:${securePort}`
    const before = seen.length
    const both = `POST / HTTP/1.1\r\nHost: ${target}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`
    expect(await exchange(await secureTo(way, target), both)).toContain('400 Bad Request')
    expect(seen.length).toBe(before)
  })

  it.each([
    ['over TLS', () => securePort, async (way: Way, target: string) => await secureTo(way, target), ''],
    [
      'through the proxy',
      () => webPort,
      async (way: Way) => await Promise.resolve(connect(way.port, '127.0.0.1')),
      'http',
    ],
  ])('do not carry a second one in the body of the first, %s', async (_, port, open, scheme) => {
    using way = await openWay()
    const target = `${name}:${port()}`
    const smuggled = get('/smuggled', 'evil.example.com')
    const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`
    const path = scheme === '' ? '/outer' : `http://${target}/outer`
    const answer = await exchange(await open(way, target), get(path, target, 'Transfer-Encoding: chunked\r\n') + chunk)
    expect(answer).toContain('x-path: /outer')
    expect(answer).toContain(smuggled)
    expect(seen.at(-1)?.url).toBe('/outer')
  })

  it('stream both ways, and wait for a program that does not read', async () => {
    using way = await openWay()
    const target = `${name}:${securePort}`
    const socket = await secureTo(way, target)
    const bytes = Buffer.alloc(4 * 1024 * 1024, 'abcdefgh')
    socket.write(
      `POST /echo HTTP/1.1\r\nHost: ${target}\r\nConnection: close\r\nContent-Length: ${bytes.byteLength}\r\n\r\n`,
    )
    socket.write(bytes)
    let size = 0
    for await (const part of socket) size += (part as Buffer).byteLength
    expect(size).toBeGreaterThan(bytes.byteLength)

    const idle = await secureTo(way, target)
    idle.pause()
    idle.write(get('/endless', target))
    await expect
      .poll(
        async () => {
          const before = endlessBytes
          await delay(200)
          return before > 0 && endlessBytes === before
        },
        { timeout: 10_000 },
      )
      .toBe(true)
    expect(endlessBytes).toBeLessThan(32 * 1024 * 1024)
    idle.destroy()
  })

  it('become those of a WebSocket', async () => {
    using way = await openWay()
    const target = `${name}:${securePort}`
    const socket = await secureTo(way, target)
    socket.write(`GET /socket HTTP/1.1\r\nHost: ${target}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)
    let text = ''
    socket.on('data', (part: Buffer) => (text += part.toString()))
    await expect.poll(() => text).toMatch(/^HTTP\/1\.1 101 [^]*\r\n\r\nhello $/)
    socket.write('world')
    await expect.poll(() => text).toContain('hello world')
    expect(seen.at(-1)).toEqual({ url: '/socket', host: target, headers: [secret] })
    socket.destroy()
  })
})

describe('the certificate of a host', () => {
  it.each([
    ['a stranger signed', () => strangerPort, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    ['is another host’s', () => otherSecurePort, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('is refused when it %s', async (_, port, why) => {
    using way = await openWay()
    const target = `${name}:${port()}`
    const before = seen.length
    const answer = await exchange(await secureTo(way, target), get('/', target))
    expect(answer).toMatch(/^HTTP\/1\.1 502 /)
    expect(answer).toContain('x-caisson-egress: untrusted')
    expect(answer).toContain(`The certificate that ${name} shows is not accepted: ${why}`)
    expect(seen.length).toBe(before)
  })

  it('is believed only of those who are trusted', async () => {
    using way = await openWay({ trusted: [] })
    const target = `${name}:${securePort}`
    expect(await exchange(await secureTo(way, target), get('/', target))).toContain('untrusted')
  })

  it('is never replaced without an authority of the sandbox', async () => {
    using way = await openWay({ authority: undefined })
    const socket = connectSecurely({
      socket: await tunnelTo(way, `${name}:${securePort}`),
      servername: name,
      rejectUnauthorized: false,
    })
    await expect(once(socket, 'secureConnect')).rejects.toThrow()
  })
})

it('the closest pattern counts, and it alone', () => {
  const policy = policyWith([
    { host: '*.example.com', set: { A: 'wide' } },
    { host: '*.b.example.com', set: { B: 'closer' } },
    { host: 'c.b.example.com', set: { C: 'exact' } },
  ])
  expect(headersFor(policy, 'x.example.com')).toEqual({ a: 'wide' })
  expect(headersFor(policy, 'x.y.example.com')).toEqual({ a: 'wide' })
  expect(headersFor(policy, 'x.b.example.com')).toEqual({ b: 'closer' })
  expect(headersFor(policy, 'c.b.example.com')).toEqual({ c: 'exact' })
  for (const host of ['example.com', 'badexample.com', 'example.com.evil.com', 'b.example.comm', '127.0.0.1'])
    expect(headersFor(policy, host)).toBeUndefined()
})

it('a pattern fits what ends in its name behind a dot, and nothing else', () => {
  const label = fc.stringMatching(/^[a-z0-9]{1,6}$/)
  const host = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'))
  fc.assert(
    fc.property(host, host, (name, below) => {
      const policy = policyWith([{ host: `*.${below}`, set: { A: 'b' } }])
      expect(headersFor(policy, name) !== undefined).toBe(name.endsWith(`.${below}`))
      expect(headersFor(policy, `${name}.${below}`)).toEqual({ a: 'b' })
      expect(headersFor(policy, `${name}${below}`) !== undefined).toBe(`${name}${below}`.endsWith(`.${below}`))
    }),
  )
})
