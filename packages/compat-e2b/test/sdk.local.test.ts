import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalAdapter } from '@caisson/adapter-local'
import { Sandbox } from 'e2b'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './support/start-gateway.ts'

let gateway: TestGateway
const started = new AsyncDisposableStack()

beforeAll(async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'caisson-e2b-'))
  started.defer(async () => await rm(stateDirectory, { recursive: true, force: true }))
  const adapter = started.use(createLocalAdapter({ stateDirectory }))
  gateway = started.use(await startGateway({ adapter }))
})
afterAll(async () => await started.disposeAsync())

describe("E2B's SDK against the gateway", () => {
  test('creates, runs, writes, reads and kills', async () => {
    const sandbox = await Sandbox.create('base', { ...gateway.connection(), metadata: { who: 'me' } })
    expect(await sandbox.isRunning()).toBe(true)
    const { stdout, exitCode } = await sandbox.commands.run('echo $((6 * 7)); whoami')
    expect({ stdout, exitCode }).toEqual({ stdout: '42\nuser\n', exitCode: 0 })
    await sandbox.files.write('a/b.txt', 'héllo')
    expect(await sandbox.files.read('/home/user/a/b.txt')).toBe('héllo')
    expect((await sandbox.getInfo()).metadata).toEqual({ who: 'me' })
    expect(await sandbox.kill()).toBe(true)
    expect(await sandbox.kill()).toBe(false)
    expect(await sandbox.isRunning()).toBe(false)
  })
})
