import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { startDaemon, type TestDaemon, until } from '@caisson/daemon/testing'
import { entryResponseSchema, filesWrittenSchema, getWatcherEventsResponseSchema, procedures } from '@caisson/wire-e2b'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, unary } from './support/wire-client.ts'

let daemon: TestDaemon
beforeAll(async () => {
  daemon = await startDaemon()
})
afterAll(async () => await daemon.stop())

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
