import { readFile } from 'node:fs/promises'
import { type ConnectionOpts, Sandbox } from 'e2b'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLocalGateway } from './support/local-gateway.ts'
import type { TestGateway } from './support/start-gateway.ts'
import { until } from './support/until.ts'

let gateway: TestGateway
let connection: ConnectionOpts
beforeAll(async () => {
  gateway = await startLocalGateway()
  connection = gateway.connection()
})
afterAll(async () => {
  expect(gateway.failures).toEqual([])
  await gateway[Symbol.asyncDispose]()
})

describe('a sandbox', () => {
  test('creates, runs, writes, reads and kills', async () => {
    const sandbox = await Sandbox.create('base', {
      ...connection,
      metadata: { who: 'me & "you"' },
      envs: { FOO: 'bar' },
    })
    expect(await sandbox.isRunning()).toBe(true)
    const { stdout, exitCode } = await sandbox.commands.run('echo $((6 * 7)) $FOO; whoami')
    expect({ stdout, exitCode }).toEqual({ stdout: '42 bar\nuser\n', exitCode: 0 })
    await sandbox.files.write('a/b.txt', 'héllo')
    expect(await sandbox.files.read('/home/user/a/b.txt')).toBe('héllo')
    expect(await sandbox.files.read('a/b.txt', { gzip: true })).toBe('héllo')
    const info = await sandbox.getInfo()
    expect(info).toMatchObject({ metadata: { who: 'me & "you"' }, state: 'running', templateId: 'base' })
    expect(await sandbox.kill()).toBe(true)
    expect(await sandbox.kill()).toBe(false)
    expect(await sandbox.isRunning()).toBe(false)
  })

  test('lists by metadata and state, by pages, for its own organization only', async () => {
    const metadata = { run: 'lists & pages=1' }
    const made = await Promise.all([1, 2, 3].map(async () => await Sandbox.create('base', { ...connection, metadata })))
    const stranger = await Sandbox.create('base', { ...gateway.connection('umbrella'), metadata })
    const pages = Sandbox.list({ ...connection, query: { metadata }, limit: 2 })
    const first = await pages.nextItems()
    expect(first).toHaveLength(2)
    expect(pages.hasNext).toBe(true)
    const all = [...first, ...(await pages.nextItems())].map(({ sandboxId }) => sandboxId)
    expect(pages.hasNext).toBe(false)
    expect(all.toSorted()).toEqual(made.map(({ sandboxId }) => sandboxId).toSorted())
    await made[0]?.pause()
    const paused = await Sandbox.list({ ...connection, query: { metadata, state: ['paused'] } }).nextItems()
    expect(paused.map(({ sandboxId }) => sandboxId)).toEqual([made[0]?.sandboxId])
    await expect(Sandbox.getInfo(stranger.sandboxId, connection)).rejects.toThrow(/not found/)
    expect(await Sandbox.kill(stranger.sandboxId, connection)).toBe(false)
    expect(await stranger.isRunning()).toBe(true)
    await Promise.all([...made, stranger].map(async (sandbox) => await sandbox.kill()))
  })

  test('pauses with all that runs, and goes on where it was', async () => {
    const sandbox = await Sandbox.create('base', connection)
    const { pid } = await sandbox.commands.run('sleep 1000', { background: true })
    expect(await sandbox.pause()).toBe(true)
    expect(await sandbox.pause()).toBe(false)
    expect(await sandbox.isRunning()).toBe(false)
    await sandbox.connect()
    expect(await sandbox.isRunning()).toBe(true)
    expect((await sandbox.commands.list()).map((process) => process.pid)).toContain(pid)
    const boot = async () => (await sandbox.commands.run('cat /proc/sys/kernel/random/boot_id')).stdout.trim()
    const bootId = await boot()
    await sandbox.pause()
    await sandbox.connect()
    expect(await boot()).toBe(bootId)
    await sandbox.pause({ keepMemory: false })
    await sandbox.connect()
    expect(await sandbox.commands.list()).toEqual([])
    expect(await boot()).not.toBe(bootId)
    expect([bootId, await boot()]).not.toContain((await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim())
    await sandbox.kill()
  })

  test('pauses by itself at its time, and wakes up for a request when it was told to', async () => {
    const sandbox = await Sandbox.create('base', {
      ...connection,
      timeoutMs: 1500,
      lifecycle: { onTimeout: 'pause', autoResume: true },
    })
    await until(async () => (await sandbox.getInfo()).state === 'paused')
    const { stdout } = await sandbox.commands.run('echo awake')
    expect(stdout).toBe('awake\n')
    await sandbox.kill()
  })

  test('that pauses by itself keeps only its files when it was told to', async () => {
    const lifecycle = { onTimeout: { action: 'pause', keepMemory: false } } as const
    const sandbox = await Sandbox.create('base', { ...connection, timeoutMs: 1500, lifecycle })
    await sandbox.commands.run('echo kept >file')
    await sandbox.commands.run('sleep 1000', { background: true })
    await until(async () => (await sandbox.getInfo()).state === 'paused')
    await sandbox.connect()
    expect(await sandbox.commands.list()).toEqual([])
    expect(await sandbox.files.read('file')).toBe('kept\n')
    await sandbox.kill()
  })

  test('ends at its time, which can be set and is never brought nearer by connecting', async () => {
    const sandbox = await Sandbox.create('base', { ...connection, timeoutMs: 60_000 })
    const { endAt } = await sandbox.getInfo()
    await Sandbox.connect(sandbox.sandboxId, { ...connection, timeoutMs: 1000 })
    expect((await sandbox.getInfo()).endAt).toEqual(endAt)
    await sandbox.setTimeout(1000)
    await until(async () => !(await sandbox.isRunning()))
    await expect(sandbox.getInfo()).rejects.toThrow(/not found/)
  })

  test('tells what it uses', async () => {
    const sandbox = await Sandbox.create('base', connection)
    const [sample] = await sandbox.getMetrics()
    expect(sample).toMatchObject({ cpuCount: 1, memTotal: 512 * 2 ** 20 })
    expect(sample?.memUsed).toBeGreaterThan(0)
    await sandbox.kill()
  })
})

describe('files', () => {
  test('carry metadata, whole directories are watched, and root belongs to nobody', async () => {
    const sandbox = await Sandbox.create('base', connection)
    const metadata = { author: 'me' }
    expect(await sandbox.files.write('described.txt', 'text', { metadata })).toMatchObject({ metadata })
    expect((await sandbox.files.getInfo('described.txt')).metadata).toEqual(metadata)
    const { stdout } = await sandbox.commands.run(
      `python3 -c "import os; print(os.getxattr('described.txt', 'user.e2b.author').decode())"`,
    )
    expect(stdout).toBe('me\n')
    await sandbox.files.makeDir('watched')
    const seen: string[] = []
    const watch = await sandbox.files.watchDir('watched', ({ name, type }) => void seen.push(`${type} ${name}`), {
      recursive: true,
    })
    await sandbox.files.write('watched/deep/file.txt', 'text')
    await until(async () => seen.some((event) => event.endsWith(' deep/file.txt')))
    await watch.stop()
    await expect(sandbox.commands.run('id', { user: 'root' })).rejects.toMatchObject({ name: 'AuthenticationError' })
    await sandbox.kill()
  })

  test('are signed for who has no token, for one path and for a while', async () => {
    const sandbox = await Sandbox.create('base', connection)
    await sandbox.files.write('signed.txt', 'signed')
    const url = await sandbox.downloadUrl('signed.txt', { useSignatureExpiration: 60_000 })
    expect(await (await fetch(url)).text()).toBe('signed')
    const other = await fetch(url.replace('signed.txt', 'other.txt'))
    expect({ status: other.status, body: await other.json() }).toMatchObject({ status: 401, body: { code: 401 } })
    const expired = await fetch(await sandbox.downloadUrl('signed.txt', { useSignatureExpiration: -1000 }))
    expect({ status: expired.status, body: await expired.json() }).toEqual({
      status: 401,
      body: { code: 401, message: 'signature is already expired' },
    })
    const form = new FormData()
    form.append('file', new Blob(['uploaded']), 'name')
    const upload = await fetch(await sandbox.uploadUrl('up.txt'), { method: 'POST', body: form })
    expect(upload.status).toBe(200)
    expect(await sandbox.files.read('up.txt')).toBe('uploaded')
    await sandbox.kill()
  })
})
