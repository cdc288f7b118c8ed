import { freshId, mib, sandboxSpecSchema } from '@caisson/core'
import { rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { containerSpec } from '../src/container-spec.ts'
import { daemonVolume } from '../src/daemon-volume.ts'
import { createEngine } from '../src/engine.ts'
import { commonLabels } from '../src/labels.ts'
import { onEngines } from './support/on-engines.ts'
import { canary, optionRows } from './support/option-rows.ts'
import { logOf, runPython, type Settings } from './support/run-container.ts'

/** Options that no row takes away, and why. */
const others: Readonly<Record<string, string>> = {
  name: 'carries the end of life: lifecycle tests',
  Image: 'the id of what was looked at: an image that is another one by then would not start this one',
  Labels: 'tell whose it is: lifecycle tests',
  Entrypoint: 'the daemon itself: without it there is no sandbox',
  Cmd: 'the daemon itself',
  Tty: 'the way on which the daemon is told its configuration',
  OpenStdin: 'the same way',
  StdinOnce: 'the same way',
  AttachStdin: 'the same way',
  AttachStdout: 'the same way',
  AttachStderr: 'the same way',
  LogConfig: 'a test of its own below',
  AutoRemove: 'a test of its own below',
  Runtime: 'runtime.docker.test.ts',
  StorageOpt: 'runtime.docker.test.ts',
  'Ulimits nproc': 'asked for by Podman, and counted over all sandboxes: no limit of one',
}

onEngines((engine) => {
  let settings: Settings
  const hostile = { repo: `${engine.kind === 'podman' ? 'localhost/' : ''}caisson/test-options`, tag: freshId() }
  const volume = freshId('v')
  const connection = createEngine(engine.kind, { socketPath: engine.socketPath })

  beforeAll(async () => {
    writeFileSync(`/dev/shm/${canary}`, '')
    const facts = await connection.facts()
    const { Id } = await engine.docker.getImage(engine.image).inspect()
    const spec = sandboxSpecSchema.parse({ resources: { cpus: 0.2, memoryBytes: 100 * mib, pids: 40 } })
    settings = containerSpec(spec, facts, {
      name: '',
      imageId: Id,
      labels: commonLabels(engine.namespace, 'helper'),
      daemon: await daemonVolume(connection, engine.namespace, Id),
      volumes: [{ volume, path: '/etc/skel', readOnly: true }],
      runtime: facts.defaultRuntime,
      layerBytes: 64 * mib,
    })
    const plain = await engine.docker.createContainer({ Image: engine.image, Cmd: ['true'] })
    const healthcheck = 'HEALTHCHECK --interval=1s CMD ["/usr/bin/touch", "/var/tmp/checked"]'
    const changes = ['ENV LD_PRELOAD=/nowhere.so', 'USER nobody', 'WORKDIR /var/tmp']
    await plain.commit({ ...hostile, changes: engine.kind === 'docker' ? [...changes, healthcheck] : changes })
    await plain.remove()
  })
  afterAll(async () => {
    await engine.docker.getImage(`${hostile.repo}:${hostile.tag}`).remove({ force: true })
    await engine.docker.getVolume(volume).remove()
    connection.close()
    rmSync(`/dev/shm/${canary}`, { force: true })
  })

  /** What can be taken away by itself: no name, which only one container may have, and nothing that this engine's storage may not offer. */
  const plainSettings = (): Settings => {
    const { name: _, HostConfig, ...given } = settings
    const { StorageOpt: __, Runtime: ___, ...rest } = HostConfig
    return { ...given, HostConfig: rest }
  }

  test('every option is taken away by a test, or says why by none', () => {
    const { HostConfig, ...outer } = settings
    const given = [
      ...Object.keys({ ...outer, ...HostConfig }),
      ...(HostConfig.Ulimits ?? []).map(({ Name }) => `Ulimits ${Name}`),
      ...(HostConfig.SecurityOpt as string[]).map((option) =>
        option.replace(/^(?!mask)([a-z-]+).*/s, 'SecurityOpt $1'),
      ),
    ].filter((option) => !option.startsWith('mask='))
    const proved = [...optionRows.map(({ option }) => option.split(':')[0] ?? ''), ...Object.keys(others)]
    const unproved = given.filter((option) => !proved.some((name) => `${name} `.startsWith(`${option} `)))
    expect(unproved).toEqual([])
  })

  for (const { option, off, code, only, user = '1000:1000', hostileImage, ...expected } of optionRows) {
    if (only !== undefined && only !== engine.kind) continue
    test(option, async () => {
      const image = hostileImage === true ? { Image: `${hostile.repo}:${hostile.tag}` } : {}
      const given = { ...plainSettings(), ...image }
      const program = { code, user: user === 'of the settings' ? undefined : user }
      expect(await runPython(engine, given, program)).toMatch(expected.with)
      expect(await runPython(engine, off(given), program)).toMatch(expected.without)
    })
  }

  test.each([
    ['LogConfig: what the daemon says fills no disk', {}, false],
    ['… and does with the log of the engine', { LogConfig: { Type: logOf(engine.kind), Config: {} } }, true],
  ])('%s', async (_, change, kept) => {
    const { HostConfig, ...given } = plainSettings()
    const container = await engine.docker.createContainer({
      ...given,
      Entrypoint: ['/bin/echo', 'said'],
      Cmd: [],
      HostConfig: { ...HostConfig, AutoRemove: false, ...change },
    })
    try {
      await container.start()
      await container.wait()
      const log = await container.logs({ stdout: true }).catch(() => Buffer.alloc(0))
      expect(log.toString().includes('said')).toBe(kept)
    } finally {
      await container.remove({ force: true })
    }
  })

  test('AutoRemove: nothing stays of a container that has ended, while nobody looks after it, and does without it', async () => {
    const { HostConfig, ...given } = plainSettings()
    const ended = { ...given, Entrypoint: ['/bin/true'], Cmd: [] }
    const without = await engine.docker.createContainer({ ...ended, HostConfig: { ...HostConfig, AutoRemove: false } })
    await without.start()
    await without.wait()
    const container = await engine.docker.createContainer({ ...ended, HostConfig })
    await container.start()
    await expect.poll(async () => await container.inspect().catch(() => 'gone'), { timeout: 10_000 }).toBe('gone')
    expect((await without.inspect()).State.Status).toBe('exited')
    await without.remove()
  })
})
