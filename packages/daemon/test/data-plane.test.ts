import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { concatBytes } from '@caisson/core'
import { startDaemon, type TestDaemon, until } from '@caisson/daemon/testing'
import {
  encodeEndOfStream,
  encodeMessage,
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
