import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { BuildJob } from '@caisson/compat-kit'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import { Daytona, Image } from '@daytonaio/sdk'
import { extract } from 'tar-stream'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './support/start-gateway.ts'
import { told } from './support/told.ts'

/** What the builder was asked for, and what it does. */
const jobs: BuildJob[] = []
const unpacked: string[] = []
let work: (job: BuildJob) => Promise<string | undefined> = async () => undefined
let gateway: TestGateway
let daytona: Daytona
let folder: string

async function namesIn(archive: ReadableStream<Uint8Array>): Promise<void> {
  const parser = extract()
  const feeding = pipeline(Readable.fromWeb(archive as Parameters<typeof Readable.fromWeb>[0]), parser)
  for await (const entry of parser) {
    let bytes = 0
    for await (const part of entry) bytes += (part as Uint8Array).byteLength
    unpacked.push(`${entry.header.name} ${bytes}`)
  }
  await feeding
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caisson-contexts-'))
  const adapter = createMemoryAdapter({ name: 'local' })
  const templates = [...adapter.capabilities.templates, 'base']
  const capabilities = { ...adapter.capabilities, templates }
  const stood = {
    ...adapter,
    capabilities,
    create: async (...[spec, options]: Parameters<typeof adapter.create>) => {
      const { template: _template, ...rest } = spec
      return await adapter.create(rest, options)
    },
  }
  gateway = await startGateway(stood, {
    build: async (job) => {
      jobs.push(job)
      for (const context of job.contexts ?? []) await namesIn(context)
      job.onLine('a line of the builder')
      const message = await work(job)
      if (message !== undefined) return { kind: 'failed', message, line: 3 }
      templates.push(job.name)
      return { kind: 'built' }
    },
  })
  daytona = new Daytona({ ...gateway.connection(), target: 'local', useDeprecatedPolling: true })
})
beforeEach(() => {
  jobs.length = 0
  unpacked.length = 0
  work = async () => undefined
})
afterAll(async () => {
  await daytona[Symbol.asyncDispose]()
  await gateway[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
  expect(gateway.memory.failures).toEqual([])
})

test('an image is built once, its log is followed, and sandboxes are made of it', async () => {
  const image = (): Image => Image.base('debian:12').runCommands('echo hi').workdir('/app')
  const logs: string[] = []
  const sandbox = await daytona.create({ image: image() }, { onSnapshotCreateLogs: (text) => logs.push(text) })
  expect(sandbox.state).toBe('started')
  expect(logs.join('\n')).toContain('a line of the builder')
  expect(logs.join('\n')).toContain('debian:12: the template base stands for it')
  expect(jobs).toHaveLength(1)
  expect(jobs[0]).toMatchObject({ parent: 'base', dockerfile: expect.stringContaining('RUN echo hi') })
  const again = await daytona.create({ image: image() })
  expect(jobs).toHaveLength(1)
  await Promise.all([sandbox.delete(), again.delete()])
  expect(gateway.memory.held()).toEqual([])
})

test('files that a Dockerfile copies come along, small ones and large ones', async () => {
  await mkdir(join(folder, 'large'), { recursive: true })
  await writeFile(join(folder, 'small.txt'), 'small')
  await writeFile(join(folder, 'large', 'blob'), randomBytes(11_000_000))
  const image = Image.base('python:3.12-slim')
    .addLocalFile(join(folder, 'small.txt'), '/opt/small.txt')
    .addLocalDir(join(folder, 'large'), '/opt/large')
  const sandbox = await daytona.create({ image })
  expect(unpacked.map((name) => name.replace(/^.*?(?=small|large)/, ''))).toEqual([
    'small.txt 5',
    'large/ 0',
    'large/blob 11000000',
  ])
  await sandbox.delete()
})

test('a build that fails tells why, by the line of the Dockerfile as it was sent', async () => {
  work = async () => 'it exits with 3'
  const image = Image.base('debian:12').runCommands('exit 3')
  const failed: unknown = await daytona.create({ image }).catch((error: unknown) => error)
  expect(failed).toMatchObject({
    message: expect.stringMatching(/build_failed.*line 1 of the Dockerfile: it exits with 3/s),
  })
  const [left] = await Array.fromAsync(daytona.list({ states: ['build_failed'] }))
  const refused: unknown = await left?.start().catch((error: unknown) => error)
  expect(refused).toMatchObject({ statusCode: 409 })
  await left?.delete()
  expect(gateway.memory.held()).toEqual([])
  // Another try is another build.
  work = async () => undefined
  const sandbox = await daytona.create({ image: Image.base('debian:12').runCommands('exit 3') })
  expect(jobs).toHaveLength(2)
  await sandbox.delete()
})

test('a snapshot is built, told of while it is, used, built on, and belongs to one organization', async () => {
  const states: string[] = []
  const image = Image.base('debian:12').runCommands('echo snapshot')
  const answered = Promise.withResolvers<undefined>()
  work = async () => await answered.promise
  const onLogs = (text: string): void => {
    states.push(text)
    answered.resolve(undefined)
  }
  const snapshot = await daytona.snapshot.create({ name: 'built', image }, { onLogs })
  expect(snapshot).toMatchObject({ state: 'active', general: false })
  expect(states.join('\n')).toContain('a line of the builder')
  const sandbox = await daytona.create({ snapshot: 'built' })
  expect(sandbox.snapshot).toBe('built')
  const child = await daytona.create({ image: Image.base('built').runCommands('echo child') })
  expect(jobs.at(-1)?.parent).toBe(jobs[0]?.name)
  await Promise.all([sandbox.delete(), child.delete()])
  const stranger = new Daytona({ ...gateway.connection('umbrella'), target: 'local', useDeprecatedPolling: true })
  expect(await told(stranger.create({ snapshot: 'built' }))).toMatchObject({ statusCode: 404 })
  expect(await told(stranger.create({ image: Image.base('built').runCommands('x') }))).toMatchObject({
    statusCode: 422,
  })
  const seen = (await stranger.snapshot.list()).items.map(({ name }) => name)
  expect(seen).toContain('base')
  for (const { name } of jobs) {
    expect(seen).not.toContain(name)
    expect(await told(stranger.create({ snapshot: name }))).toMatchObject({ statusCode: 404 })
  }
  await stranger[Symbol.asyncDispose]()
  await daytona.snapshot.delete(snapshot)
  expect(await told(daytona.create({ snapshot: 'built' }))).toMatchObject({ statusCode: 404 })
})

test('a plain name of an image needs no build; one that is not here is told', async () => {
  const sandbox = await daytona.create({ image: 'python:3.12-slim' })
  await daytona.snapshot.create({ name: 'renamed', image: 'debian:12' })
  const named = await daytona.create({ snapshot: 'renamed' })
  expect(jobs).toEqual([])
  await Promise.all([sandbox.delete(), named.delete(), daytona.snapshot.delete('renamed')])
  expect(await told(daytona.create({ image: 'nginx:1' }))).toMatchObject({
    statusCode: 422,
    message: expect.stringContaining('nginx:1'),
  })
})

test('a sandbox that is deleted while its image is built is never made', async () => {
  const building = Promise.withResolvers<undefined>()
  work = async () => await building.promise
  const creating = daytona.create({ name: 'early', image: Image.base('debian:12').runCommands('slow') })
  creating.catch(() => undefined)
  await expect.poll(() => jobs.length).toBe(1)
  const early = await daytona.get('early')
  expect(early.state).toMatch(/pending_build|building_snapshot/)
  expect(await told(early.stop())).toMatchObject({ statusCode: 409 })
  await early.delete()
  building.resolve(undefined)
  await expect(creating).rejects.toMatchObject({ statusCode: 404 })
  expect(gateway.memory.held()).toEqual([])
})

test('the storage of contexts opens to nobody else, and takes nothing else', async () => {
  const ask = async (path: string, token?: string, init: RequestInit = {}) =>
    (
      await fetch(`${gateway.url}/object-storage/s3/build-contexts/${path}`, {
        ...init,
        headers: token === undefined ? {} : { 'x-amz-security-token': token },
      })
    ).status
  const access = (await (
    await fetch(`${gateway.url}/object-storage/push-access`, {
      headers: { authorization: `Bearer ${gateway.connection().apiKey}` },
    })
  ).json()) as { readonly sessionToken: string }
  const { sessionToken } = access
  const hash = 'a'.repeat(32)
  const put = { method: 'PUT', body: 'x' }
  expect(await ask(`acme/${hash}/context.tar`, undefined, put)).toBe(401)
  expect(await ask(`acme/${hash}/context.tar`, `${sessionToken}0`, put)).toBe(401)
  expect(await ask(`acme/${hash}/context.tar`, sessionToken.replace(/^\d/, '9'), put)).toBe(401)
  expect(await ask(`acme/${hash}/context.tar`, sessionToken.replace('acme', 'umbrella'), put)).toBe(401)
  expect(await ask(`umbrella/${hash}/context.tar`, sessionToken, put)).toBe(403)
  expect(await ask('acme/..%2f..%2fetc/context.tar', sessionToken, put)).toBe(403)
  expect(await ask(`acme/${hash}/other.tar`, sessionToken, put)).toBe(403)
  expect(await ask(`acme/${hash}/context.tar`, sessionToken, put)).toBe(200)
})
