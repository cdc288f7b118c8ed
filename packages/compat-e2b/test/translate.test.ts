import { createMemoryAdapter } from '@caisson/conformance/memory'
import { Sandbox } from 'e2b'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './support/start-gateway.ts'
import { until } from './support/until.ts'

let gateway: TestGateway
let sandbox: Sandbox
const started = new AsyncDisposableStack()
beforeAll(async () => {
  const adapter = started.use(createMemoryAdapter())
  gateway = started.use(await startGateway({ adapter, template: adapter.capabilities.templates[0] }))
  sandbox = await Sandbox.create('base', gateway.connection())
})
afterAll(async () => {
  expect(gateway.failures).toEqual([])
  await started.disposeAsync()
})

describe('a sandbox that does not speak the protocol itself', () => {
  test('runs commands with their output, their error output and their end', async () => {
    const { stdout, stderr } = await sandbox.commands.run('echo out; echo err >&2')
    expect({ stdout, stderr }).toEqual({ stdout: 'out\n', stderr: 'err\n' })
    await expect(sandbox.commands.run('exit 3')).rejects.toMatchObject({ name: 'CommandExitError', exitCode: 3 })
    await expect(sandbox.commands.run('pwd', { cwd: '/gone' })).rejects.toMatchObject({ name: 'InvalidArgumentError' })
  })

  test('takes input, lists, connects to and kills what runs', async () => {
    let heard = ''
    const cat = await sandbox.commands.run('cat', {
      background: true,
      stdin: true,
      onStdout: (text) => void (heard += text),
    })
    await sandbox.commands.sendStdin(cat.pid, 'hello')
    await until(async () => heard === 'hello')
    expect((await sandbox.commands.list()).map(({ pid }) => pid)).toContain(cat.pid)
    await sandbox.commands.closeStdin(cat.pid)
    expect((await cat.wait()).exitCode).toBe(0)
    const sleep = await sandbox.commands.run('sleep 1000', { background: true, timeoutMs: 0 })
    expect(await sandbox.commands.kill(sleep.pid)).toBe(true)
    expect(await sandbox.commands.kill(999_999)).toBe(false)
    await expect(sandbox.commands.connect(999_999)).rejects.toThrow()
  })

  test('has files: written, read, listed, moved, watched and removed', async () => {
    await sandbox.files.write('dir/one.txt', 'one')
    await sandbox.files.write('dir/two.txt', 'two', { useOctetStream: true, gzip: true })
    expect(await sandbox.files.read('dir/one.txt')).toBe('one')
    expect(await sandbox.files.read('dir/two.txt')).toBe('two')
    expect((await sandbox.files.list('dir')).map(({ name, type }) => [name, type])).toEqual([
      ['one.txt', 'file'],
      ['two.txt', 'file'],
    ])
    await sandbox.files.write('dir/empty', '')
    expect(await sandbox.files.read('dir/empty')).toBe('')
    const seen: string[] = []
    const watch = await sandbox.files.watchDir('dir', ({ name }) => void seen.push(name))
    await sandbox.files.rename('dir/one.txt', 'dir/three.txt')
    await until(async () => seen.includes('three.txt'))
    await watch.stop()
    expect(await sandbox.files.makeDir('dir')).toBe(false)
    await sandbox.files.remove('dir')
    expect(await sandbox.files.exists('dir')).toBe(false)
    await expect(sandbox.files.read('dir/one.txt')).rejects.toMatchObject({ name: 'FileNotFoundError' })
  })

  test('ends with what runs in it', async () => {
    const doomed = await Sandbox.create('base', gateway.connection())
    const sleep = await doomed.commands.run('sleep 1000', { background: true, timeoutMs: 0 })
    const end = sleep.wait().catch((error: unknown) => error)
    await doomed.kill()
    expect(await end).toMatchObject({ name: 'TimeoutError', message: expect.stringContaining('killed') })
  })
})
