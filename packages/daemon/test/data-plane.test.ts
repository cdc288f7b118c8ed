import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { concatBytes } from '@caisson/core'
import { startDaemon, type TestDaemon, until } from '@caisson/daemon/testing'
import {
  encodeEndOfStream,
  encodeMessage,
  entryResponseSchema,
  filesWrittenSchema,
  getWatcherEventsResponseSchema,
  listResponseSchema,
  metricsSchema,
  procedures,
  processEventSchema,
} from '@caisson/wire-e2b'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, stream, unary } from './support/wire-client.ts'

let daemon: TestDaemon
beforeAll(async () => {
  daemon = await startDaemon({ env: { FROM_SANDBOX: 'yes' } })
})
afterAll(async () => await daemon.stop())

const shell = (script: string) => ({ process: { cmd: '/bin/sh', args: ['-c', script] } })

describe('the way in', () => {
  it('is open for health and for nothing else', async () => {
    expect((await call(daemon, '/health', { token: undefined })).status).toBe(204)
    for (const path of ['/metrics', '/envs', '/files?path=/etc/passwd', '/tunnel/80', '/nonsense', '/health/x'])
      expect([path, (await call(daemon, path, { token: undefined })).status]).toEqual([path, 401])
    for (const path of [...Object.values(procedures), '/init', '/lifetime'])
      expect([path, (await call(daemon, path, { token: undefined, method: 'POST', body: '{}' })).status]).toEqual([
        path,
        401,
      ])
  })

  it.each(['', 'x', 'x'.repeat(48), undefined])('is closed to the token %j', async (token) => {
    expect((await call(daemon, '/envs', { token })).status).toBe(401)
  })

  it('needs the whole token and nothing more', async () => {
    const { accessToken } = daemon
    for (const token of [accessToken.slice(0, -1), `${accessToken}x`, accessToken.toUpperCase()])
      expect((await call(daemon, '/envs', { token })).status).toBe(401)
    expect((await call(daemon, '/envs')).status).toBe(200)
  })

  it('leaves the token nowhere: no file, no argument, no variable', () => {
    expect(existsSync(join(daemon.directory, 'config.json'))).toBe(false)
    const { pid } = daemon.process
    for (const file of ['cmdline', 'environ'])
      expect(readFileSync(`/proc/${pid}/${file}`, 'latin1')).not.toContain(daemon.accessToken)
  })
})

describe('processes as E2B knows them', () => {
  it('start, tell their output and end', async () => {
    const { messages, end } = await stream(daemon, procedures.start, shell('echo out; echo err >&2; exit 3'))
    const events = messages.map((message) => processEventSchema.parse(message).event)
    expect(events[0]).toEqual({ start: { pid: expect.any(Number) } })
    expect(events.at(-1)).toMatchObject({
      end: { exitCode: 3, exited: true, status: 'exit status 3', error: 'exit status 3' },
    })
    expect(JSON.stringify(events)).toContain(Buffer.from('err\n').toString('base64'))
    expect(end).toEqual({})
  })

  it('that end well have no error', async () => {
    const { messages } = await stream(daemon, procedures.start, shell('true'))
    expect(messages.at(-1)).toMatchObject({ event: { end: { exitCode: 0, status: 'exit status 0' } } })
    expect(JSON.stringify(messages.at(-1))).not.toContain('error')
  })

  it('that cannot start fail in the stream', async () => {
    const { messages, end } = await stream(daemon, procedures.start, { process: { cmd: 'no-such-program' } })
    expect(messages).toEqual([])
    expect(end).toMatchObject({ error: { code: 'not_found' } })
    const missing = { process: { cmd: 'true', cwd: '/no/such' } }
    expect((await stream(daemon, procedures.start, missing)).end).toMatchObject({
      error: { code: 'invalid_argument', message: "cwd '/no/such' does not exist" },
    })
  })

  it.each([
    {},
    { process: {} },
    { process: { cmd: 5 } },
    { process: { cmd: 'a\0b' } },
    { process: { cmd: 'true', args: 'x' } },
    { process: { cmd: 'true', envs: { 'A=B': 'c' } } },
    { process: { cmd: 'true' }, pty: { size: { cols: 0, rows: 1 } } },
    { process: { cmd: 'true' }, caisson: { timeoutMs: -1 } },
    { process: { cmd: 'true' }, caisson: { outputLimitBytes: 1.5 } },
    [],
    'text',
    null,
  ])('are not started by %j', async (message) => {
    expect((await stream(daemon, procedures.start, message)).end).toMatchObject({ error: { code: 'invalid_argument' } })
  })

  it('are killed at the Connect timeout', async () => {
    const startedAtMs = performance.now()
    const { messages } = await stream(daemon, procedures.start, shell('sleep 100'), { 'connect-timeout-ms': '200' })
    expect(performance.now() - startedAtMs).toBeLessThan(2000)
    expect(messages.at(-1)).toMatchObject({ event: { end: { caisson: { outcome: { kind: 'timed-out' } } } } })
  })

  it('are connected to by pid and tag, and a late one sees their end', async () => {
    const { messages } = await stream(daemon, procedures.start, { ...shell('echo once'), tag: 'late' })
    const pid = processEventSchema.parse(messages[0]).event
    const again = await stream(daemon, procedures.connect, { process: { tag: 'late' } })
    expect(again.messages).toHaveLength(2)
    expect(again.messages[0]).toEqual({ event: pid })
    const replayed = await stream(daemon, procedures.connect, {
      process: { tag: 'late' },
      caisson: { fromOffset: '0' },
    })
    expect(replayed.messages).toHaveLength(3)
    expect((await stream(daemon, procedures.connect, { process: { pid: 4_000_000 } })).end).toMatchObject({
      error: { code: 'not_found' },
    })
  })

  it('are listed, written to, signalled and waited for', async () => {
    const running = stream(daemon, procedures.start, {
      ...shell('cat > typed; exec sleep 100'),
      tag: 'reader',
      stdin: true,
    })
    const process = { tag: 'reader' }
    await until(async () => {
      const { body } = await unary(daemon, procedures.list, {})
      return listResponseSchema.parse(body).processes.some(({ tag }) => tag === 'reader')
    }, 'it is listed')
    const input = { stdin: Buffer.from('typed\n').toString('base64') }
    expect(await unary(daemon, procedures.sendInput, { process, input })).toEqual({ status: 200, body: {} })
    expect(await unary(daemon, procedures.closeStdin, { process })).toEqual({ status: 200, body: {} })
    const typed = join(daemon.home, 'typed')
    await until(() => existsSync(typed) && readFileSync(typed, 'utf8') === 'typed\n', 'the input has arrived')
    const waiting = unary(daemon, procedures.wait, { process })
    expect((await unary(daemon, procedures.sendSignal, { process, signal: 'SIGNAL_SIGKILL' })).status).toBe(200)
    expect(await waiting).toMatchObject({
      status: 200,
      body: { result: { outcome: { kind: 'signaled', signal: 'SIGKILL' } } },
    })
    await running
    expect(await unary(daemon, procedures.sendSignal, { process, signal: 'SIGNAL_SIGKILL' })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
  })

  it('take input as a stream, too', async () => {
    const running = stream(daemon, procedures.start, { ...shell('cat'), tag: 'streamed', stdin: true })
    const process = { tag: 'streamed' }
    await until(
      async () => JSON.stringify((await unary(daemon, procedures.list, {})).body).includes('streamed'),
      'it runs',
    )
    const base64 = (text: string): string => Buffer.from(text).toString('base64')
    const { body } = await call(daemon, procedures.streamInput, {
      method: 'POST',
      headers: { 'content-type': 'application/connect+json' },
      body: concatBytes([
        encodeMessage({ start: { process } }),
        encodeMessage({ keepalive: {} }),
        encodeMessage({ data: { input: { stdin: base64('one ') } } }),
        encodeMessage({ data: { input: { stdin: base64('two') } } }),
        encodeEndOfStream(),
      ]),
    })
    expect(body.toString('latin1')).not.toContain('error')
    await unary(daemon, procedures.closeStdin, { process })
    const output = (await running).messages.flatMap((message) => {
      const { event } = processEventSchema.parse(message)
      return 'data' in event ? [Buffer.from(event.data.stdout ?? '', 'base64')] : []
    })
    expect(Buffer.concat(output).toString()).toBe('one two')
  })

  it('give a sign of life when they are silent and somebody asked for it', async () => {
    const { messages } = await stream(daemon, procedures.start, shell('sleep 1.3'), { 'keepalive-ping-interval': '1' })
    expect(messages).toContainEqual({ event: { keepalive: {} } })
  })

  it('belong to users that exist', async () => {
    const authorization = `Basic ${Buffer.from('no-such-user:').toString('base64')}`
    expect((await stream(daemon, procedures.start, shell('true'), { authorization })).end).toMatchObject({
      error: { code: 'unauthenticated' },
    })
    expect((await stream(daemon, procedures.start, shell('true'), { authorization: 'Bearer x' })).end).toMatchObject({
      error: { code: 'unauthenticated' },
    })
  })
})

describe('unary calls', () => {
  it.each(['', 'nonsense', '[]', '"x"', '{"process":', '\u0000'])('with the body %j are refused', async (body) => {
    const answer = await call(daemon, procedures.sendSignal, { method: 'POST', body })
    expect([answer.status, JSON.parse(answer.body.toString()).code]).toEqual([400, 'invalid_argument'])
  })

  it('that do not exist are unimplemented, also under names that every object has', async () => {
    for (const name of ['Nonsense', 'constructor', '__proto__', 'toString', '']) {
      for (const service of ['process.Process', 'filesystem.Filesystem', 'other.Service'])
        expect((await unary(daemon, `/${service}/${name}`, {})).status).toBe(501)
    }
  })

  it('that are too long are refused', async () => {
    const body = JSON.stringify({ process: { tag: 'x'.repeat(17 * 1024 * 1024) } })
    const { status } = await call(daemon, procedures.wait, { method: 'POST', body })
    expect(status).toBe(429)
  })
})

describe('files over HTTP', () => {
  const put = async (path: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
    await call(daemon, `/files?${new URLSearchParams({ path }).toString()}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', ...headers },
      body,
    })

  it('are written plain, compressed and as a form', async () => {
    const written = await put('plain', 'plain text')
    expect(filesWrittenSchema.parse(JSON.parse(written.body.toString()))).toEqual([
      { name: 'plain', path: join(daemon.home, 'plain'), type: 'file' },
    ])
    await put('zipped', gzipSync('zipped text'), { 'content-encoding': 'gzip' })
    const form = new FormData()
    form.append('file', new Blob(['first file']), 'one')
    form.append('other', 'ignored')
    form.append('file', new Blob(['second file']), 'two/three')
    const encoded = new Response(form)
    const answer = await call(daemon, '/files', {
      method: 'POST',
      headers: { 'content-type': encoded.headers.get('content-type') ?? '' },
      body: await encoded.bytes(),
    })
    expect(JSON.parse(answer.body.toString())).toHaveLength(2)
    const read = (name: string): string => readFileSync(join(daemon.home, name), 'utf8')
    expect(['plain', 'zipped', 'one', 'two/three'].map(read)).toEqual([
      'plain text',
      'zipped text',
      'first file',
      'second file',
    ])
  })

  it('keep what is said about them until they are written anew, where programs see it too', async () => {
    const metadata = { author: 'me', purpose: 'a=b; c' }
    const headers = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`X-Metadata-${name}`, value]))
    const written = await put('described', 'text', headers)
    expect(JSON.parse(written.body.toString())).toEqual([expect.objectContaining({ metadata })])
    const stat = async () => (await unary(daemon, procedures.stat, { path: 'described' })).body
    expect(entryResponseSchema.parse(await stat()).entry.metadata).toEqual(metadata)
    await put('described', 'text', { 'x-metadata-other': 'x' })
    expect(entryResponseSchema.parse(await stat()).entry.metadata).toEqual({ other: 'x' })
    await put('described', 'text')
    expect(entryResponseSchema.parse(await stat()).entry.metadata).toBeUndefined()
  })

  it('that claim to be compressed and are not, are refused', async () => {
    expect((await put('bad', 'not gzip', { 'content-encoding': 'gzip' })).status).toBeGreaterThanOrEqual(400)
    expect((await put('bad', 'x', { 'content-encoding': 'br' })).status).toBe(400)
  })

  it('are read whole, in parts and compressed', async () => {
    await put('digits', '0123456789')
    const whole = await call(daemon, '/files?path=digits')
    expect([whole.status, whole.headers['content-length'], whole.body.toString()]).toEqual([200, '10', '0123456789'])
    const part = await call(daemon, '/files?path=digits', { headers: { range: 'bytes=2-4' } })
    expect([part.status, part.headers['content-range'], part.body.toString()]).toEqual([206, 'bytes 2-4/10', '234'])
    const tail = await call(daemon, '/files?path=digits', { headers: { range: 'bytes=-2' } })
    expect(tail.body.toString()).toBe('89')
    expect((await call(daemon, '/files?path=digits', { headers: { range: 'bytes=10-' } })).status).toBe(416)
    const zipped = await call(daemon, '/files?path=digits', { headers: { 'accept-encoding': 'gzip' } })
    expect([zipped.headers['content-encoding'], gunzipSync(zipped.body).toString()]).toEqual(['gzip', '0123456789'])
    expect((await call(daemon, '/files?path=digits', { headers: { 'accept-encoding': 'identity;q=0' } })).status).toBe(
      406,
    )
  })

  it('that are empty say so', async () => {
    await put('empty', '')
    const { headers, body } = await call(daemon, '/files?path=empty')
    expect([headers['content-length'], body.byteLength]).toEqual(['0', 0])
  })

  it('that are not there, or are none, say so', async () => {
    expect((await call(daemon, '/files?path=no-such')).status).toBe(404)
    expect((await call(daemon, '/files?path=/tmp')).status).toBe(400)
    expect((await call(daemon, '/files')).status).toBe(400)
    expect((await call(daemon, '/files?path=x&username=no-such-user')).status).toBe(401)
    expect((await call(daemon, '/files', { method: 'POST', body: 'x' })).status).toBe(400)
    expect((await call(daemon, '/files', { method: 'DELETE' })).status).toBe(404)
  })

  it('open to a signed address, for that path and operation and time alone', async () => {
    await put('signed', 'for you')
    const sign = (path: string, operation: string, expiration?: number): string => {
      const parts = [path, operation, '', daemon.accessToken, ...(expiration === undefined ? [] : [String(expiration)])]
      const signature = `v1_${createHash('sha256').update(parts.join(':')).digest('base64').replace(/=+$/, '')}`
      const query = {
        path,
        signature,
        ...(expiration === undefined ? {} : { signature_expiration: String(expiration) }),
      }
      return `/files?${new URLSearchParams(query).toString()}`
    }
    const now = Math.floor(Date.now() / 1000)
    const anonymous = { token: undefined }
    expect((await call(daemon, sign('signed', 'read'), anonymous)).body.toString()).toBe('for you')
    expect((await call(daemon, sign('signed', 'read', now + 60), anonymous)).status).toBe(200)
    const expired = await call(daemon, sign('signed', 'read', now - 60), anonymous)
    expect([expired.status, JSON.parse(expired.body.toString())]).toEqual([
      401,
      { code: 401, message: 'signature is already expired' },
    ])
    expect((await call(daemon, sign('signed', 'write'), anonymous)).status).toBe(401)
    expect((await call(daemon, sign('plain', 'read').replace('plain', 'signed'), anonymous)).status).toBe(401)
    expect((await call(daemon, sign('signed', 'write'), { ...anonymous, method: 'POST', body: 'new' })).status).toBe(
      200,
    )
  })

  it('that break off leave no descriptor open', async () => {
    const descriptors = (): number => readdirSync(`/proc/${daemon.process.pid}/fd`).length
    writeFileSync(join(daemon.home, 'large'), new Uint8Array(5_000_000))
    const before = descriptors()
    for (let round = 0; round < 20; round += 1) {
      const socket = (await import('node:net')).connect(daemon.socketPath)
      socket.write(`GET /files?path=large HTTP/1.1\r\nhost: x\r\nx-access-token: ${daemon.accessToken}\r\n\r\n`)
      await new Promise((resolve) => socket.once('data', resolve))
      socket.destroy()
    }
    await until(() => descriptors() <= before, 'all files are closed')
  })
})

describe('the file system as E2B knows it', () => {
  it('tells about entries', async () => {
    writeFileSync(join(daemon.home, 'known'), 'x', { mode: 0o640 })
    const { body } = await unary(daemon, procedures.stat, { path: 'known' })
    expect(entryResponseSchema.parse(body).entry).toMatchObject({
      type: 'FILE_TYPE_FILE',
      size: 1,
      permissions: '-rw-r-----',
    })
    expect(await unary(daemon, procedures.stat, { path: 'unknown' })).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    })
  })

  it('makes a directory once', async () => {
    expect((await unary(daemon, procedures.makeDir, { path: 'fresh' })).status).toBe(200)
    expect(await unary(daemon, procedures.makeDir, { path: 'fresh' })).toMatchObject({
      status: 409,
      body: { code: 'already_exists' },
    })
  })

  it('is watched by those who fetch', async () => {
    const { body } = await unary(daemon, procedures.createWatcher, { path: 'fresh' })
    const watcher = body as { watcherId: string }
    writeFileSync(join(daemon.home, 'fresh/seen'), 'x')
    const seen: string[] = []
    await until(async () => {
      const answer = await unary(daemon, procedures.getWatcherEvents, watcher)
      seen.push(...getWatcherEventsResponseSchema.parse(answer.body).events.map(({ type, name }) => `${type} ${name}`))
      return seen.includes('EVENT_TYPE_WRITE seen')
    }, 'the write is told')
    expect(seen).toContain('EVENT_TYPE_CREATE seen')
    expect((await unary(daemon, procedures.removeWatcher, watcher)).status).toBe(200)
    expect((await unary(daemon, procedures.getWatcherEvents, watcher)).status).toBe(404)
  })
})

describe('the sandbox itself', () => {
  it('tells its use and its environment', async () => {
    const metrics = metricsSchema.parse(JSON.parse((await call(daemon, '/metrics')).body.toString()))
    expect(metrics.mem_total).toBeGreaterThan(metrics.mem_used)
    expect(metrics.disk_total).toBeGreaterThan(0)
    expect(metrics.cpu_count).toBeGreaterThan(0)
    expect(JSON.parse((await call(daemon, '/envs')).body.toString())).toEqual({ FROM_SANDBOX: 'yes' })
  })

  it('takes a new environment and a new token', async () => {
    const fresh = await startDaemon()
    const accessToken = 'a-new-token-of-enough-length'
    const body = JSON.stringify({ envVars: { ADDED: '1' }, accessToken })
    expect((await call(fresh, '/init', { method: 'POST', body })).status).toBe(204)
    expect((await call(fresh, '/envs')).status).toBe(401)
    expect(JSON.parse((await call(fresh, '/envs', { token: accessToken })).body.toString())).toEqual({ ADDED: '1' })
    await fresh.stop()
  })

  it('takes everything that it started along when it ends', async () => {
    const ending = await startDaemon()
    void stream(ending, procedures.start, shell('setsid sleep 7101 & sleep 7101')).catch(() => undefined)
    const sleepers = async (): Promise<string> =>
      JSON.stringify((await stream(daemon, procedures.start, shell('pgrep -x -f "sleep 7101"'))).messages)
    await until(async () => (await sleepers()).includes('"stdout"'), 'it runs')
    await ending.stop()
    expect(await sleepers()).not.toContain('"stdout"')
  })
})
