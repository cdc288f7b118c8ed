import type { EngineAddress, SshOptions } from '@caisson/adapter-docker'
import { decodeText, runShell, type SandboxAdapter } from '@caisson/core'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeCertificates } from './support/certificates.ts'
import { freePort } from './support/free-port.ts'
import { leftovers, onEngines } from './support/on-engines.ts'
import { startPrivateDockerd } from './support/private-dockerd.ts'
import { sshdMissing, startSshd } from './support/sshd.ts'

/** What somebody does with an engine that is far away: all of it over that one way. */
async function useSandbox(adapter: SandboxAdapter): Promise<void> {
  const sandbox = await adapter.create({})
  const { stdout } = await runShell(sandbox, 'cat; echo from inside; head -c 300000 /dev/zero | wc -c')
  expect(decodeText(stdout)).toBe('from inside\n300000\n')
  const bytes = new Uint8Array(500_000).map((_, index) => index * 7)
  await sandbox.files.write('~/file', bytes)
  const read = await new Response(await sandbox.files.read('~/file')).bytes()
  expect(Buffer.from(bytes).equals(read)).toBe(true)
  await sandbox.pause?.()
  await sandbox.resume?.()
  const again = await adapter.connect(sandbox.id)
  expect((await again.info()).state).toBe('running')
  await Promise.all([again.detach(), sandbox.destroy()])
}

onEngines(({ adapter: adapterOn, docker, namespace, socketPath }) => {
  test('over TCP', async () => {
    const server = createServer((client) => {
      const engine = connect(socketPath)
      client.pipe(engine).pipe(client)
      client.on('error', () => engine.destroy())
      engine.on('error', () => client.destroy())
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const adapter = adapterOn({ engine: { host: '127.0.0.1', port } })
    expect(adapter.capabilities.locality).toBe('remote')
    await useSandbox(adapter)
    await adapter[Symbol.asyncDispose]()
    server.close()
  })

  test('through SSH', async ({ skip }) => {
    if (sshdMissing !== undefined) skip(sshdMissing)
    await using sshd = await startSshd()
    const { port, privateKey, hostKeySha256, strangerKey } = sshd
    const options: SshOptions = {
      host: '127.0.0.1',
      port,
      username: userInfo().username,
      privateKey,
      hostKeySha256,
      socketPath,
    }
    const through = (change: Partial<SshOptions> = {}): SandboxAdapter =>
      adapterOn({ engine: { ssh: { ...options, ...change } } })
    const adapter = through()
    await useSandbox(adapter)

    const distrust = { code: 'unauthenticated', remedy: /keys/ }
    await expect(through({ privateKey: strangerKey }).create({})).rejects.toMatchObject(distrust)
    await expect(through({ hostKeySha256: 'SHA256:other' }).create({})).rejects.toMatchObject(distrust)
    await expect(through({ socketPath: '/nonexistent.sock' }).create({})).rejects.toMatchObject({
      code: 'unavailable',
      remedy: /start the engine/,
    })

    const sandbox = await adapter.create({})
    await sshd.kill()
    await expect(sandbox.info()).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await expect(adapter.create({})).rejects.toMatchObject({ code: 'unavailable', retryable: true })
    await sshd.start()
    expect(decodeText((await runShell(sandbox, 'echo back')).stdout)).toBe('back\n')
    await sandbox.destroy()
    expect(await leftovers(docker, namespace)).toEqual([])
  })
})

onEngines(
  ({ adapter: adapterOn }) => {
    test('over TCP with TLS, where each side knows the other', async () => {
      const directory = mkdtempSync(join(tmpdir(), 'caisson-tls-'))
      const tls = makeCertificates(directory, 'ours')
      const stranger = makeCertificates(directory, 'theirs')
      const port = await freePort()
      const file = (name: string): string => join(directory, `ours-${name}.pem`)
      const files = ['--tlscacert', file('ca'), '--tlscert', file('server'), '--tlskey', file('server-key')]
      const dockerd = await startPrivateDockerd(['--host', `tcp://127.0.0.1:${port}`, '--tlsverify', ...files])
      try {
        const over = (engine: Partial<EngineAddress>): SandboxAdapter =>
          adapterOn({ engine: { host: '127.0.0.1', port, ...engine }, templates: { base: { image: dockerd.image } } })
        await useSandbox(over({ tls }))
        const distrust = { code: 'unauthenticated', remedy: /certificates/ }
        await expect(over({ tls: { ...tls, ca: stranger.ca } }).create({})).rejects.toMatchObject(distrust)
        await expect(over({ tls: { ...stranger, ca: tls.ca } }).create({})).rejects.toMatchObject(distrust)
        await expect(over({}).create({})).rejects.toMatchObject({
          code: 'unauthenticated',
          remedy: /`tls`/,
        })
      } finally {
        await dockerd.remove()
        rmSync(directory, { recursive: true })
      }
    })
  },
  ['docker'],
)
