import { decodeText, encodeText, runShell, type Sandbox, type SandboxId, sandboxIdSchema } from '@caisson/core'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { sandboxLabels } from '../src/labels.ts'
import { defaultUser } from '../src/template-user.ts'
import { startFaultyProxy } from './support/faulty-proxy.ts'
import { leftovers, type OnEngine, onEngines } from './support/on-engines.ts'

const program = join(import.meta.dirname, 'support/create-and-die.ts')
const condition = '--conditions=@caisson/source'

async function output(sandbox: Sandbox, command: string): Promise<string> {
  const { stdout, stderr } = await runShell(sandbox, command)
  return decodeText(stdout) + decodeText(stderr)
}

onEngines((engine) => {
  const { docker, image, kind, namespace, socketPath } = engine
  const others = (mode: string, ttlMs: number) =>
    spawn(process.execPath, [condition, program, socketPath, image, namespace, mode, String(ttlMs)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })

  test('a sandbox ends on time while nobody of Caisson runs', async () => {
    const creator = others('once', 4000)
    const [id] = await once(creator.stdout.setEncoding('utf8'), 'data')
    await once(creator, 'exit')
    const startedAtMs = Date.now()
    const filters = { label: [`dev.caisson.sandbox=${String(id).trim()}`] }
    expect(await docker.listContainers({ all: true, filters })).toHaveLength(1)
    await expect.poll(async () => await docker.listContainers({ all: true, filters }), { timeout: 15_000 }).toEqual([])
    expect(Date.now() - startedAtMs).toBeGreaterThan(2500)
  })

  test('whatever moment its creator is killed at, a sweep leaves nothing of it', async () => {
    await using adapter = engine.adapter()
    for (const afterMs of [100, 250, 400, 550, 700, 900, 1200, 1600]) {
      const creator = others('loop', 60_000)
      await once(creator, 'spawn')
      await sleep(300 + afterMs)
      creator.kill('SIGKILL')
      await once(creator, 'exit')
    }
    // What lived when its creator was killed lives on; it is not the sweep's to end.
    for await (const { id } of adapter.list()) await adapter.destroy(id)
    await expect
      .poll(
        async () => {
          await adapter.sweep?.()
          return await leftovers(docker, namespace)
        },
        { timeout: 15_000 },
      )
      .toEqual([])
  })

  test('a sweep spares what somebody is still making', async () => {
    const adapter = engine.adapter()
    const record = {
      id: sandboxIdSchema.parse('sbhalfmade'),
      template: 'base',
      createdAtMs: Date.now(),
      onExpiry: 'destroy' as const,
      ttlMs: 60_000,
      diskBytes: 0,
      labels: {},
      volumes: [],
      user: defaultUser,
      egress: { mode: 'none' as const },
      accessToken: '',
    }
    const make = async (owner: string) =>
      await docker.createContainer({
        name: `caisson-${record.id}-${Date.now() + 60_000}`,
        Image: image,
        Cmd: ['true'],
        Labels: sandboxLabels(namespace, record, owner),
      })
    const container = await make('another-machine.1.1.work')
    expect(await adapter.sweep?.()).toEqual({ removed: 0 })
    await container.remove()
    const boot = await import('node:fs/promises').then(async ({ readFile }) =>
      (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim(),
    )
    await make(`${boot}.${process.pid}.1.work`)
    expect(await adapter.sweep?.()).toEqual({ removed: 1 })
  })

  test('a paused sandbox whose time is over ends all the same', async () => {
    const sandbox = await engine.adapter().create({ ttlMs: 2000 })
    await sandbox.pause?.()
    await expect.poll(async () => await leftovers(docker, namespace), { timeout: 15_000 }).toEqual([])
    await expect(sandbox.info()).rejects.toMatchObject({ code: 'sandbox-not-found' })
  })

  test('a sandbox that is prolonged while it is paused lives on when it is resumed', async () => {
    await using sandbox = await engine.adapter().create({ ttlMs: 3000 })
    await sandbox.pause?.()
    await sandbox.extend(60_000)
    await sleep(4000)
    await sandbox.resume?.()
    await sleep(1000)
    expect(await output(sandbox, 'echo alive')).toBe('alive\n')
  })

  test('secrets are in nothing that the engine tells', async () => {
    const canary = 'canary-7c1f'
    await using sandbox = await engine.adapter().create({ env: { TOKEN: canary } })
    expect(await output(sandbox, 'echo $TOKEN')).toBe(`${canary}\n`)
    const container = docker.getContainer(await containerOf(engine, sandbox.id))
    expect(JSON.stringify(await container.inspect())).not.toContain(canary)
    expect(String(await container.logs({ stdout: true, stderr: true }).catch(() => ''))).not.toContain(canary)
  })

  test('the end of life and the labels are what every process sees, and no other namespace does', async () => {
    await using sandbox = await engine.adapter().create({ labels: { organization: 'acme' }, ttlMs: 60_000 })
    await sandbox.extend(30_000)
    const ids: string[] = []
    for await (const info of engine.adapter().list({ labels: { organization: 'acme' } })) {
      ids.push(info.id)
      expect(info).toEqual(await sandbox.info())
    }
    expect(ids).toEqual([sandbox.id])
    const elsewhere = engine.adapter({ namespace: `${namespace}x` })
    await expect(elsewhere.connect(sandbox.id)).rejects.toMatchObject({ code: 'sandbox-not-found' })
    expect(await elsewhere.destroy(sandbox.id)).toBe('absent')
  })

  test('the user of a template need not be in its image', async () => {
    const user = { name: 'agent', uid: 1234, gid: 2345, home: '/srv/agents/one' }
    await using sandbox = await engine.adapter({ templates: { other: { image, user } } }).create({})
    expect(await output(sandbox, 'id -u; id -g; pwd; touch made; stat -c %u:%g:%a . made')).toBe(
      '1234\n2345\n/srv/agents/one\n1234:2345:755\n1234:2345:644\n',
    )
  })

  test('the files of a sandbox that runs go through the daemon, and never through the archives of the engine', async () => {
    await using proxy = await startFaultyProxy(socketPath)
    const requests: string[] = []
    proxy.decide = (request) => {
      requests.push(request)
      return 'served'
    }
    await using sandbox = await engine.adapter({ engine: { socketPath: proxy.socketPath } }).create({})
    const before = requests.length
    await sandbox.files.write('/home/user/file', encodeText('kept'))
    expect(await output(sandbox, 'cat ~/file')).toBe('kept')
    expect(await Array.fromAsync(await sandbox.files.read('/home/user/file'))).toHaveLength(1)
    expect(
      requests
        .slice(before)
        .filter((request) => !/^(GET|POST) \/(containers|exec)\/[^/]+\/(json|exec|start)$/.test(request)),
    ).toEqual([])
  })

  test('what an image sets reaches code, and not the daemon', async () => {
    const tag = `t${Date.now()}`
    const repo = `${kind === 'podman' ? 'localhost/' : ''}caisson/test-env`
    const plain = await docker.createContainer({ Image: image, Cmd: ['true'] })
    const changes = [
      'ENV GREETING=hello',
      'ENV LD_PRELOAD=/nowhere.so',
      'ENV HOME=/elsewhere',
      'USER nobody',
      'ENTRYPOINT ["/bin/false"]',
    ]
    await plain.commit({ repo, tag, changes })
    await plain.remove()
    try {
      await using sandbox = await engine.adapter({ templates: { set: { image: `${repo}:${tag}` } } }).create({})
      expect(await output(sandbox, 'echo $GREETING $HOME $(id -un)')).toContain('hello /home/user user\n')
      expect(await output(sandbox, 'ls')).toContain("object '/nowhere.so' from LD_PRELOAD cannot be preloaded")
    } finally {
      await docker.getImage(`${repo}:${tag}`).remove({ force: true })
    }
  })

  test('a snapshot keeps the files and belongs to its organization', async () => {
    const adapter = engine.adapter()
    const acme = { organization: 'acme' }
    await using sandbox = await adapter.create({ labels: acme })
    await output(sandbox, 'echo kept > ~/file')
    await sandbox.snapshot?.('my/Snapshot:1')
    await using copy = await adapter.create({ template: 'my/Snapshot:1', labels: acme })
    expect(await output(copy, 'cat ~/file; id -un; ls -ld ~ | cut -d" " -f3')).toBe('kept\nuser\nuser\n')
    await output(copy, 'echo changed > ~/file')
    expect(await output(sandbox, 'cat ~/file')).toBe('kept\n')
    for (const labels of [{}, { organization: 'other' }]) {
      await expect(adapter.create({ template: 'my/Snapshot:1', labels })).rejects.toMatchObject({
        code: 'template-not-found',
      })
    }
    await copy.destroy()
    const images = await docker.listImages({ filters: { label: [`dev.caisson.namespace=${namespace}`] } })
    for (const { Id } of images) await docker.getImage(Id).remove({ force: true })
    expect(images.length).toBeGreaterThan(0)
  })

  test('a runtime that the engine would not use is refused, and not left out', async () => {
    const adapter = engine.adapter({ runtime: 'runsc' })
    expect(adapter.capabilities.isolation).toBe('gvisor')
    await expect(adapter.create({})).rejects.toMatchObject({ code: 'unsupported', remedy: /runsc|runtime/ })
    expect(await adapter.probe()).toMatchObject({ status: 'unavailable', reason: /runsc/ })
  })

  test('a limit that the engine does not hold must not be declared', async () => {
    const adapter = engine.adapter({ limits: ['cpus', 'memory', 'disk', 'pids'] })
    await expect(adapter.create({})).rejects.toMatchObject({ code: 'unsupported', message: /disk/ })
    await expect(engine.adapter().create({ resources: { diskBytes: 2 ** 30 } })).rejects.toMatchObject({
      code: 'unsupported',
      field: 'resources.diskBytes',
    })
  })
})

async function containerOf({ docker }: OnEngine, id: SandboxId): Promise<string> {
  const [container] = await docker.listContainers({ filters: { label: [`dev.caisson.sandbox=${id}`] } })
  return container?.Id ?? ''
}
