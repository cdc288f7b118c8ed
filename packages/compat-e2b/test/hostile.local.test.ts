import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { type ConnectionOpts, Sandbox } from 'e2b'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLocalGateway } from './support/local-gateway.ts'
import { rssBytes } from './support/rss.ts'
import type { TestGateway } from './support/start-gateway.ts'
import { until } from './support/until.ts'

const mib = 2 ** 20
const gib = 2 ** 30

let gateway: TestGateway
let connection: ConnectionOpts
let sandbox: Sandbox
beforeAll(async () => {
  gateway = await startLocalGateway({ resources: { diskBytes: 4 * gib } })
  connection = gateway.connection()
  sandbox = await Sandbox.create('base', { ...connection, timeoutMs: 600_000 })
})
afterAll(async () => {
  expect(gateway.failures).toEqual([])
  await gateway[Symbol.asyncDispose]()
})

/** Headers with which the data plane knows whom a request is for, and that it may come. */
const headersOf = (one: Sandbox, port = 49_983) => ({
  'e2b-sandbox-id': one.sandboxId,
  'e2b-sandbox-port': String(port),
  'x-access-token': String(Reflect.get(one, 'envdAccessToken')),
})

const call = async (path: string, options: RequestInit = {}): Promise<{ status: number; body: unknown }> => {
  const answer = await fetch(`${gateway.url}${path}`, {
    ...options,
    headers: { ...headersOf(sandbox), ...(options.headers as Record<string, string> | undefined) },
  })
  const text = await answer.text()
  return { status: answer.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

describe('the control plane', () => {
  test.each([
    ['no key', {}, 401],
    ['an unknown key', { 'x-api-key': `e2b_${'0'.repeat(40)}` }, 401],
  ])('refuses %s', async (_, headers, status) => {
    for (const path of ['/sandboxes', '/v2/sandboxes', `/sandboxes/${sandbox.sandboxId}`, '/secrets', '/nothing']) {
      const answer = await fetch(`${gateway.url}${path}`, { headers })
      expect({ path, status: answer.status, body: await answer.json() }).toMatchObject({
        status,
        body: { code: status },
      })
    }
  })

  test.each([
    ['not JSON', '{"templateID":', 400],
    ['no template', '{}', 400],
    ['a wrong type', '{"templateID":5}', 400],
    ['NaN as time', '{"templateID":"base","timeout":"NaN"}', 400],
    ['a negative time', '{"templateID":"base","timeout":-1}', 400],
    ['more than a day', '{"templateID":"base","timeout":100000}', 400],
    ['a template that nobody has', '{"templateID":"nobody-has-this"}', 404],
    ['a path as template', '{"templateID":"../../etc"}', 404],
    ['a variable with a strange name', '{"templateID":"base","envVars":{"a=b":"c"}}', 400],
    ['a volume that nobody has', '{"templateID":"base","volumeMounts":[{"name":"x","path":"/data"}]}', 404],
    ['deeply nested JSON', `{"templateID":"base","metadata":${'['.repeat(5000)}${']'.repeat(5000)}}`, 400],
    ['nine MiB', JSON.stringify({ templateID: 'x'.repeat(9 * mib) }), 413],
  ])('answers a create with %s in its own shape', async (_, body, status) => {
    const headers = { 'x-api-key': gateway.connection().apiKey, 'content-type': 'application/json' }
    const answer = await fetch(`${gateway.url}/v2/sandboxes`, { method: 'POST', headers, body })
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status, body: { code: status } })
  })
})

describe('the data plane', () => {
  test('takes no wrong token, and says nothing of the host', async () => {
    for (const path of ['/files?path=/etc/passwd', '/metrics', '/envs']) {
      expect(await call(path, { headers: { 'x-access-token': 'x'.repeat(64) } })).toMatchObject({
        status: 401,
        body: { code: 401 },
      })
    }
    for (const path of ['/init', '/lifetime', '/trust', '/tunnel/80', '/freeze', '/../init', '/%2e%2e/init'])
      expect([path, (await call(path, { method: 'POST', body: '{}' })).status]).toEqual([path, 404])
    await expect(
      Sandbox.connect(sandbox.sandboxId, { ...connection, apiKey: `e2b_${'0'.repeat(40)}` }),
    ).rejects.toMatchObject({ name: 'AuthenticationError' })
  })

  test.each([
    ['an empty body', new Uint8Array()],
    ['half a header', Uint8Array.of(0, 0, 0)],
    ['a length of 4 GiB', Uint8Array.of(0, 255, 255, 255, 255, 1)],
    ['unknown flags', Uint8Array.of(77, 0, 0, 0, 2, 123, 125)],
    ['no JSON', Uint8Array.of(0, 0, 0, 0, 1, 123)],
    ['JSON of another shape', new TextEncoder().encode('\0\0\0\0\u0002[]')],
  ])('answers a frame that is %s with an error of the protocol', async (_, body) => {
    const headers = { 'content-type': 'application/connect+json' }
    const answer = await call('/process.Process/Start', { method: 'POST', headers, body })
    expect(answer.status).toBe(200)
    expect(String(answer.body)).toContain('"code":"invalid_argument"')
  })

  test('tells a directory, a file that is missing and a name with a NUL apart', async () => {
    await expect(sandbox.files.read('/etc')).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    await expect(sandbox.files.read('/gone')).rejects.toMatchObject({ name: 'FileNotFoundError' })
    await expect(sandbox.files.read('a\0b')).rejects.toMatchObject({ name: 'InvalidArgumentError' })
    await expect(sandbox.files.write('/etc/passwd', 'x')).rejects.toThrow()
  })

  test('keeps names with line breaks, emoji, quotes and percent signs as they are', async () => {
    const names = ['line\nbreak', '🦊 fox', `'"\\`, '100%25', '$(touch x)', ' space ', '-rf', 'e\u0301', '..x']
    await sandbox.files.makeDir('names')
    for (const name of names) await sandbox.files.write(`names/${name}`, name, { useOctetStream: true })
    const listed = await sandbox.files.list('names')
    expect(listed.map(({ name }) => name).toSorted()).toEqual(names.toSorted())
    for (const name of names) expect(await sandbox.files.read(`names/${name}`)).toBe(name)
  })

  test('breaks an upload off inside when it breaks off outside, and goes on', async () => {
    const broken = request(`${gateway.url}/files?path=cut`, {
      method: 'POST',
      headers: { ...headersOf(sandbox), 'content-type': 'application/octet-stream', 'content-length': String(gib) },
    })
    broken.on('error', () => undefined)
    broken.write(Buffer.alloc(mib))
    await until(async () => await sandbox.files.exists('cut'))
    broken.destroy()
    await sandbox.files.write('whole', 'whole')
    expect(await sandbox.files.read('whole')).toBe('whole')
    expect((await sandbox.files.getInfo('cut')).size).toBeLessThanOrEqual(mib)
  })

  test('holds up only who does not read', async () => {
    const lazy = connect(gateway.port, '127.0.0.1')
    const headers = Object.entries(headersOf(sandbox)).map(([name, value]) => `${name}: ${value}\r\n`)
    await sandbox.commands.run('head -c 200000000 /dev/zero > zeros')
    const before = rssBytes()
    lazy.write(`GET /files?path=zeros HTTP/1.1\r\nhost: x\r\n${headers.join('')}\r\n`)
    await once(lazy, 'readable')
    for (let times = 0; times < 20; times += 1) await sandbox.commands.run('true')
    expect(rssBytes() - before).toBeLessThan(64 * mib)
    lazy.destroy()
    await sandbox.commands.run('rm zeros')
  })

  test('streams two GiB up without holding them', async () => {
    const large = await Sandbox.create('base', { ...connection, timeoutMs: 600_000 })
    const before = rssBytes()
    let highest = before
    let sent = 0
    const chunk = new Uint8Array(mib)
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        highest = Math.max(highest, rssBytes())
        if (sent >= 2 * gib) controller.close()
        else controller.enqueue(chunk)
        sent += mib
      },
    })
    const answer = await fetch(`${gateway.url}/files?path=large`, {
      method: 'POST',
      headers: { ...headersOf(large), 'content-type': 'application/octet-stream' },
      body,
      duplex: 'half',
    } as RequestInit)
    expect(answer.status).toBe(200)
    expect((await large.files.getInfo('large')).size).toBe(2 * gib)
    expect(highest - before).toBeLessThan(150 * mib)
    expect((await large.commands.run('echo alive')).stdout).toBe('alive\n')
    await large.kill()
  }, 300_000)

  test('takes ten thousand small files', async () => {
    await sandbox.files.makeDir('many')
    for (let start = 0; start < 10_000; start += 500) {
      await Promise.all(
        Array.from({ length: 500 }, async (_, at) => {
          const { status } = await call(`/files?path=many/${start + at}`, {
            method: 'POST',
            headers: { 'content-type': 'application/octet-stream' },
            body: String(start + at),
          })
          expect(status).toBe(200)
        }),
      )
    }
    expect(await sandbox.files.list('many')).toHaveLength(10_000)
    expect(await sandbox.files.read('many/9999')).toBe('9999')
  }, 300_000)

  test('cuts streams when the sandbox is killed, and says so', async () => {
    const doomed = await Sandbox.create('base', connection)
    const running = await doomed.commands.run('sleep 1000', { background: true })
    let heard = ''
    const watch = doomed.commands.run('while :; do echo x; sleep 0.1; done', {
      timeoutMs: 0,
      onStdout: (text) => void (heard += text),
    })
    watch.catch(() => undefined)
    const ends = Promise.all([running.wait(), watch].map(async (end) => await end.catch((error: unknown) => error)))
    await until(async () => heard !== '')
    await doomed.kill()
    for (const end of await ends)
      expect(end).toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('killed') })
    await expect(doomed.commands.run('true')).rejects.toMatchObject({ name: 'SandboxNotFoundError' })
    expect((await sandbox.commands.run('echo others live')).stdout).toBe('others live\n')
  })
})
