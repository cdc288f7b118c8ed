import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect } from 'vitest'
import { createTemplateBuilder, readEngineTemplates } from '../src/index.ts'
import { buildTest } from './support/build-test.ts'
import { shell, whyNot } from './support/workshop.ts'

const kinds = ['docker', 'podman'] as const
const script = (kind: string) => resolve(import.meta.dirname, `../../../infra/provision/${kind}.sh`)
const directory = mkdtempSync(join(tmpdir(), 'caisson-engine-'))
const hosts = new Map<string, string>()
/** Why there is no such engine here. */
const missing = new Map<string, string>()
/** The exit code of the scripts where the machine lacks something that they may not bring. */
const cannotInstall = 3

/** Engines of their own, so that nothing of ours is left on others. */
beforeAll(() => {
  if (whyNot() !== undefined) return
  for (const kind of kinds) {
    const host = startEngine(kind, join(directory, kind))
    if (host !== undefined) hosts.set(kind, host)
  }
})

afterAll(() => {
  for (const kind of hosts.keys()) stopEngine(kind, join(directory, kind))
  rmSync(directory, { recursive: true, force: true })
})

/** Its socket; undefined where there is no such engine. */
function startEngine(kind: string, data: string): string | undefined {
  const { status, stdout, stderr } = spawnSync('sh', [script(kind), 'start', '--dir', data], { encoding: 'utf8' })
  const [, host] = /^DOCKER_HOST=unix:\/\/(.+)$/m.exec(stdout) ?? []
  if (host === undefined && status !== cannotInstall) throw new Error(`${kind} did not start: ${stderr}`)
  if (host === undefined) missing.set(kind, stderr.trim())
  return host
}

function stopEngine(kind: string, data: string): void {
  execFileSync('sh', [script(kind), 'stop', '--dir', data])
}

buildTest.for(kinds)('a template goes to %s, under its name', async (kind, { workshop, skip }) => {
  const host = hosts.get(kind)
  if (host === undefined) return skip(missing.get(kind))
  const name = 'builder-test'
  const folder = workshop.template(name, { Dockerfile: `${shell}RUN echo one >/which\nCMD ["/bin/cat", "/which"]\n` })
  const docker = new Docker({ socketPath: host })
  const builder = createTemplateBuilder({
    stateDirectory: workshop.state,
    base: { script: '/nonexistent', directory: workshop.root },
    engines: { docker: nowhere(workshop.root), podman: nowhere(workshop.root), [kind]: { socketPath: host } },
  })
  const run = async () => {
    const container = await docker.createContainer({
      Image: `caisson/${name}`,
      // Podman would otherwise ask for more than root may have everywhere.
      HostConfig: {
        NetworkMode: 'none',
        Ulimits: ['nofile', 'nproc'].map((Name) => ({ Name, Soft: 1024, Hard: 1024 })),
      },
      Tty: true,
    })
    try {
      await container.start()
      await container.wait()
      return (await container.logs({ stdout: true })).toString().trim()
    } finally {
      await container.remove({ force: true })
    }
  }
  try {
    const first = await builder.build(folder, { targets: [kind] })
    expect(first).toMatchObject({ outcome: 'built', rootfs: undefined })
    expect(await builder.status(folder)).toMatchObject({
      state: 'current',
      targets: { local: 'absent', docker: 'unknown', podman: 'unknown', [kind]: 'present' },
    })
    expect((await docker.getImage(`caisson/${name}`).inspect()).Config.Labels).toMatchObject({
      'dev.caisson.template': name,
      'dev.caisson.version': first.version,
    })
    expect(await run()).toBe('one')
    expect(await builder.build(folder, { targets: [kind] })).toMatchObject({ outcome: 'unchanged' })
    const engine = { target: kind, options: { socketPath: host } }
    expect(await readEngineTemplates(workshop.state, engine)).toEqual({
      [name]: { image: `caisson/${name}`, user: { name: 'user', uid: 1000, gid: 1000, home: '/home/user' } },
    })

    writeFileSync(join(folder, 'Dockerfile'), `${shell}RUN echo two >/which\nCMD ["/bin/cat", "/which"]\n`)
    const second = await builder.build(folder, { targets: ['local', kind] })
    expect(await run()).toBe('two')
    await expect(builder.rollback(name)).rejects.toMatchObject({ code: 'template-not-found', field: 'targets' })
    await builder.rollback(name, { targets: [kind] })
    expect(await run()).toBe('one')

    const images = async () => (await docker.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []).join(' ')
    expect(await images()).toContain(second.version)
    const long = new Date(Date.now() - 48 * 60 * 60 * 1000)
    utimesSync(join(workshop.state, `names/${name}.json`), long, long)
    await builder.prune({ keep: 1, engines: [kind] })
    expect(await images()).not.toContain(second.version)
    expect(await run()).toBe('one')
    expect(workshop.leftovers()).toEqual([])
    await docker.getImage(`caisson/${name}:${first.version}`).remove({ force: true })
  } finally {
    await docker
      .getImage(`caisson/${name}`)
      .remove({ force: true })
      .catch(() => undefined)
  }
})

const nowhere = (root: string) => ({ socketPath: join(root, 'no-engine.sock') })

buildTest('an engine that is down says so, and the local target is not touched', async ({ workshop }) => {
  const folder = workshop.template('lonely', { Dockerfile: shell })
  await expect(workshop.builder.build(folder, { targets: ['docker'] })).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
    remedy: expect.stringContaining('DOCKER_HOST'),
  })
  expect(await workshop.builder.list()).toEqual([])
  expect(workshop.leftovers()).toEqual([])
})

buildTest('an engine that dies while it is sent an image says so, and the name does not move', async ({ workshop }) => {
  const folder = workshop.template('unlucky', { Dockerfile: shell })
  const socketPath = join(workshop.root, 'dying.sock')
  const dying = createServer((request, response) => {
    if (request.url?.includes('/images/load') === true) request.socket.destroy()
    else response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"no such image"}')
  })
  dying.listen(socketPath)
  await once(dying, 'listening')
  try {
    const base = { script: '/nonexistent', directory: workshop.root }
    const builder = createTemplateBuilder({ stateDirectory: workshop.state, base, engines: { docker: { socketPath } } })
    await expect(builder.build(folder, { targets: ['docker'] })).rejects.toMatchObject({
      code: 'unavailable',
      retryable: true,
    })
    expect(await builder.list()).toEqual([])
    expect(workshop.leftovers()).toEqual([])
  } finally {
    dying.closeAllConnections()
    dying.close()
  }
})

buildTest.for(kinds)('a full disk of %s is no-space, and the name does not move', async (kind, { workshop, skip }) => {
  if (!hosts.has(kind)) return skip(missing.get(kind))
  const small = join(directory, `small-${kind}`)
  mkdirSync(small)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'none', small])
  const socketPath = startEngine(kind, small)
  try {
    if (socketPath === undefined) return skip(missing.get(kind))
    const big = workshop.template('big', { Dockerfile: `${shell}RUN dd if=/dev/urandom of=/big bs=1M count=64\n` })
    const base = { script: '/nonexistent', directory: workshop.root }
    const builder = createTemplateBuilder({
      stateDirectory: workshop.state,
      base,
      engines: { docker: nowhere(workshop.root), podman: nowhere(workshop.root), [kind]: { socketPath } },
    })
    await expect(builder.build(big, { targets: [kind] })).rejects.toMatchObject({
      code: 'no-space',
      message: expect.stringContaining(kind),
      remedy: expect.stringContaining('free space'),
    })
    expect(await builder.list()).toEqual([])
    expect(workshop.leftovers()).toEqual([])
    const little = workshop.template('little', { Dockerfile: shell })
    expect(await builder.build(little, { targets: [kind] })).toMatchObject({ outcome: 'built' })
  } finally {
    stopEngine(kind, small)
    execFileSync('umount', ['--recursive', small])
  }
})
