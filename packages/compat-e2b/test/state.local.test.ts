import { type ConnectionOpts, Sandbox, Secret, Volume } from 'e2b'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startLocalGateway } from './support/local-gateway.ts'
import type { TestGateway } from './support/start-gateway.ts'

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

describe('state', () => {
  test('of a sandbox is kept in a snapshot, from which others start', async () => {
    const source = await Sandbox.create('base', { ...connection, envs: { KEPT: 'yes' } })
    await source.files.write('state.txt', 'kept')
    const { snapshotId } = await source.createSnapshot({ name: 'mine' })
    await source.kill()
    const listed = await Sandbox.listSnapshots({ ...connection, sandboxId: source.sandboxId }).nextItems()
    expect(listed).toEqual([{ snapshotId, names: ['mine:default'] }])
    for (const template of [snapshotId, 'mine']) {
      const sandbox = await Sandbox.create(template, connection)
      expect(await sandbox.files.read('state.txt')).toBe('kept')
      expect((await sandbox.commands.run('echo $KEPT')).stdout).toBe('yes\n')
      await sandbox.kill()
    }
    await expect(Sandbox.create(snapshotId, gateway.connection('umbrella'))).rejects.toThrow(/404/)
    expect(await Sandbox.deleteSnapshot(snapshotId, connection)).toBe(true)
    expect(await Sandbox.deleteSnapshot(snapshotId, connection)).toBe(false)
    await expect(Sandbox.create(snapshotId, connection)).rejects.toThrow(/404/)
  })

  test('of a sandbox goes into its forks, which then go their own way', async () => {
    const source = await Sandbox.create('base', connection)
    await source.files.write('state.txt', 'before')
    const forks = await source.fork({ count: 2 })
    const living = forks.filter((fork) => fork instanceof Sandbox)
    expect(living).toHaveLength(2)
    await living[0]?.files.write('state.txt', 'after')
    expect(await source.files.read('state.txt')).toBe('before')
    expect(await living[1]?.files.read('state.txt')).toBe('before')
    await Promise.all([source, ...living].map(async (sandbox) => await sandbox.kill()))
    await expect(source.fork()).rejects.toThrow(/not found/)
  })

  test('of a volume outlives sandboxes, and is reached without one', async (context) => {
    const probe = await Volume.create('probe', connection).catch(() => undefined)
    if (probe === undefined) return context.skip('no adapter here has volumes')
    const volume = await Volume.create('data', connection)
    const writer = await Sandbox.create('base', { ...connection, volumeMounts: { '/mnt/data': volume } })
    await writer.files.write('/mnt/data/hello.txt', 'hello')
    await writer.kill()
    const reader = await Sandbox.create('base', { ...connection, volumeMounts: { '/mnt/data': 'data' } })
    expect(await reader.files.read('/mnt/data/hello.txt')).toBe('hello')
    await expect(Volume.destroy(volume.volumeId, connection)).rejects.toThrow(/409/)
    await reader.kill()
    const content = { apiUrl: gateway.url }
    expect(await volume.readFile('/hello.txt', content)).toBe('hello')
    await volume.writeFile('/deep/file.txt', 'deep', { ...content, force: true })
    expect((await volume.list('/', { ...content, depth: 2 })).map(({ path }) => path)).toEqual([
      '/deep',
      '/deep/file.txt',
      '/hello.txt',
    ])
    await expect(volume.readFile('/../etc/passwd', content)).rejects.toThrow()
    await expect(volume.readFile('/gone', content)).rejects.toThrow(/not found/)
    expect((await Volume.list(connection)).map(({ name }) => name).toSorted()).toEqual(['data', 'probe'])
    expect(await Volume.destroy(volume.volumeId, connection)).toBe(true)
    expect(await Volume.destroy(volume.volumeId, connection)).toBe(false)
  })
})

describe('secrets', () => {
  test('are taken, renewed, listed and never given back', async () => {
    const made = await Secret.create('api-key', 'value-1', { ...connection, metadata: { for: 'tests' } })
    expect(made).toMatchObject({ name: 'api-key', version: 1, metadata: { for: 'tests' } })
    const updated = await Secret.update('api-key', 'value-2', connection)
    expect(updated.version).toBe(2)
    const raw = await fetch(`${gateway.url}/secrets`, { headers: { 'x-api-key': gateway.connection().apiKey } })
    expect(await raw.text()).not.toContain('value-')
    await expect(Secret.getInfo('api-key', gateway.connection('umbrella'))).rejects.toThrow(/not found/)
    expect(await Secret.destroy('api-key', connection)).toBe(true)
    expect(await Secret.destroy('api-key', connection)).toBe(false)
  })
})
