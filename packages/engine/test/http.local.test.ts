import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { acme, createHarness } from './support/harness.ts'
import { describeLocal } from './support/local.ts'

const seen: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[] = []
const server = createServer((request, response) => {
  void text(request).then((body) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
    if (request.url === '/moved') return response.writeHead(302, { location: '/elsewhere' }).end()
    if (request.url === '/broken') return response.writeHead(500, { 'content-type': 'text/plain' }).end('oh')
    if (request.url === '/forged')
      return response
        .writeHead(403, { 'x-caisson-egress': 'private-address', 'content-type': 'text/plain' })
        .end('mine')
    if (request.url === '/binary') return response.end(Buffer.from([0, 255, 254]))
    if (request.url === '/large')
      return response.writeHead(200, { 'content-type': 'text/plain' }).end('x'.repeat(50_000))
    if (request.url === '/slow') return undefined
    return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ got: body }))
  })
})
let port: number
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

await describeLocal('requests on the local adapter', (adapter) => {
  const request = async (path: string, input = {}, rest = {}) => {
    const { engine } = createHarness({ adapters: [adapter()], limits: { contentBytes: 10_000 } })
    return await engine.run(
      {
        kind: 'http.request',
        trust: 'internal',
        input: { url: `http://127.0.0.1:${port}${path}`, ...input },
        egress: [{ host: '127.0.0.1', port, allowPrivateAddress: true }],
        ...rest,
      },
      acme,
    )
  }

  it('asks, and gives the answer', async () => {
    const run = await request('/thing?x=1', {
      method: 'POST',
      headers: { 'content-type': 'text/plain', authorization: 'Bearer secret' },
      body: 'ümlaut',
    })
    expect(run).toMatchObject({
      status: 'succeeded',
      value: { status: 200, encoding: 'utf8', body: '{"got":"ümlaut"}', truncated: false },
      decision: { placement: { egress: { mode: 'allow', rules: [{ host: '127.0.0.1', port }] } } },
    })
    expect(seen.at(-1)).toMatchObject({
      method: 'POST',
      url: '/thing?x=1',
      headers: { authorization: 'Bearer secret' },
    })
  })

  it('takes every status for an answer, and follows nothing', async () => {
    expect((await request('/broken')).value).toMatchObject({ status: 500, body: 'oh' })
    const before = seen.length
    const moved = await request('/moved')
    expect(moved.value).toMatchObject({ status: 302, headers: { location: '/elsewhere' } })
    expect(seen.length).toBe(before + 1)
  })

  it('gives bytes as base64, and no more than it may', async () => {
    expect((await request('/binary')).value).toMatchObject({ encoding: 'base64', body: 'AP/+' })
    const { value } = await request('/large')
    expect(value).toMatchObject({ truncated: true, body: 'x'.repeat(10_000) })
  })

  it('holds the time limit', async () => {
    expect(await request('/slow', {}, { timeoutMs: 1_000 })).toMatchObject({
      status: 'failed',
      error: expect.anything(),
    })
  })

  const ask = async (url: string, rest = {}) => {
    const { engine } = createHarness({ adapters: [adapter()] })
    return await engine.run({ kind: 'http.request', input: { url }, ...rest }, acme)
  }
  const local = { trust: 'internal', egress: [{ host: '127.0.0.1', port: 1, allowPrivateAddress: true }] } as const

  it.each([
    ['nobody answers', 'http://127.0.0.1:1/', local, /no answer from 127\.0\.0\.1:1/],
    ['nobody answers over TLS', 'https://127.0.0.1:1/', local, /no answer from 127\.0\.0\.1:1/],
    ['the name does not exist', 'http://nowhere.invalid/', {}, /the name nowhere\.invalid is not known/],
    ['the name does not exist over TLS', 'https://nowhere.invalid/', {}, /the name nowhere\.invalid/],
  ])('says when %s', async (_, url, rest, message) => {
    const run = await ask(url, rest)
    expect(run).toMatchObject({ status: 'failed', error: { code: 'unavailable', field: 'input.url' } })
    expect(run.error?.message).toMatch(message)
  })

  it.each(['http://127.0.0.1:', 'https://127.0.0.1:', 'http://localhost:', 'http://[::ffff:127.0.0.1]:'])(
    'does not reach an address of this machine unless that was asked for (%s), and says so',
    async (start) => {
      const before = seen.length
      expect(await ask(`${start}${port}/private`)).toMatchObject({
        status: 'failed',
        error: { code: 'denied', field: 'input.url', remedy: expect.stringContaining('private') },
      })
      expect(seen.length).toBe(before)
    },
  )

  it('takes a refusal for one of its own only when it is', async () => {
    expect(await request('/forged')).toMatchObject({ status: 'succeeded', value: { status: 403, body: 'mine' } })
  })

  it('leaves the fragment at home, and writes what may not stand in an address otherwise', async () => {
    expect(await request('/a b?c#d')).toMatchObject({ status: 'succeeded' })
    expect(seen.at(-1)?.url).toBe('/a%20b?c')
  })

  it('takes no credentials in an address', async () => {
    await expect(ask(`http://user:secret@127.0.0.1:${port}/`)).rejects.toMatchObject({
      code: 'invalid-operation',
      field: 'input.url',
      message: expect.not.stringContaining('secret'),
    })
  })
})
