import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import Docker from 'dockerode'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTemplateBuilder } from '../src/index.ts'
import { createWorkshop, shell, whyNot } from './support/workshop.ts'

const reason = whyNot()
const script = resolve(import.meta.dirname, '../../../infra/provision/docker.sh')
const directory = mkdtempSync(join(tmpdir(), 'caisson-engine-'))
let host = ''

/** An engine of its own, so that nothing of ours is left on another one. */
beforeAll(() => {
  if (reason !== undefined) return
  const answer = execFileSync('sh', [script, 'start', '--dir', directory]).toString()
  host = /^DOCKER_HOST=unix:\/\/(.+)$/m.exec(answer)?.[1] ?? ''
})

afterAll(() => {
  if (host !== '') execFileSync('sh', [script, 'stop', '--dir', directory])
  rmSync(directory, { recursive: true, force: true })
})

test('a template goes to a container engine, under its name', async ({ skip }) => {
  if (reason !== undefined || host === '') skip(reason ?? 'no Docker engine can be started here')
  await using workshop = createWorkshop()
  const name = 'builder-test'
  const folder = workshop.template(name, { Dockerfile: `${shell}RUN echo one >/which\nCMD ["/bin/cat", "/which"]\n` })
  const docker = new Docker({ socketPath: host })
  const builder = createTemplateBuilder({
    stateDirectory: workshop.state,
    base: { script: '/nonexistent', directory: workshop.root },
    engine: { socketPath: host },
  })
  const run = async () => {
    const container = await docker.createContainer({
      Image: `caisson/${name}`,
      HostConfig: { NetworkMode: 'none' },
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
    const first = await builder.build(folder, { targets: ['docker'] })
    expect(first).toMatchObject({ outcome: 'built', rootfs: undefined })
    expect(await builder.status(folder)).toMatchObject({
      state: 'current',
      targets: { local: 'absent', docker: 'present' },
    })
    expect((await docker.getImage(`caisson/${name}`).inspect()).Config.Labels).toMatchObject({
      'dev.caisson.template': name,
      'dev.caisson.version': first.version,
    })
    expect(await run()).toBe('one')
    expect(await builder.build(folder, { targets: ['docker'] })).toMatchObject({ outcome: 'unchanged' })

    writeFileSync(join(folder, 'Dockerfile'), `${shell}RUN echo two >/which\nCMD ["/bin/cat", "/which"]\n`)
    const second = await builder.build(folder, { targets: ['local', 'docker'] })
    expect(await run()).toBe('two')
    await expect(builder.rollback(name)).rejects.toMatchObject({ code: 'template-not-found', field: 'targets' })
    await builder.rollback(name, { targets: ['docker'] })
    expect(await run()).toBe('one')
    expect(workshop.leftovers()).toEqual([])
    for (const { version } of [first, second])
      await docker.getImage(`caisson/${name}:${version}`).remove({ force: true })
  } finally {
    await docker
      .getImage(`caisson/${name}`)
      .remove({ force: true })
      .catch(() => undefined)
  }
})

test('an engine that is down says so, and the local target is not touched', async ({ skip }) => {
  if (reason !== undefined) skip(reason)
  await using workshop = createWorkshop()
  const folder = workshop.template('lonely', { Dockerfile: shell })
  await expect(workshop.builder.build(folder, { targets: ['docker'] })).rejects.toMatchObject({
    code: 'unavailable',
    retryable: true,
    remedy: expect.stringContaining('DOCKER_HOST'),
  })
  expect(await workshop.builder.list()).toEqual([])
  expect(workshop.leftovers()).toEqual([])
})

test('an engine that dies while it is sent an image says so, and the name does not move', async ({ skip }) => {
  if (reason !== undefined) skip(reason)
  await using workshop = createWorkshop()
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
    const builder = createTemplateBuilder({ stateDirectory: workshop.state, base, engine: { socketPath } })
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
