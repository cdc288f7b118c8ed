import { readFileSync } from 'node:fs'
import { isOperationError } from '@caisson/core'
import { expect, it } from 'vitest'
import { automaticChoices, formatChoice } from '../src/adapters/adapter-choice.ts'
import { describeVariables, printableConfig, readConfig } from '../src/config.ts'

const failure = (environment: Record<string, string>) => {
  try {
    readConfig(environment)
  } catch (error) {
    if (isOperationError(error)) return error
  }
  throw new Error('it was taken')
}

it('has a default for everything, open to nobody but this machine', () => {
  expect(readConfig({})).toMatchObject({ host: '127.0.0.1', port: 7718, databaseUrl: undefined, langfuse: undefined })
  expect(readConfig({ CAISSON_POLICY: '', DATABASE_URL: '' })).toEqual(readConfig({}))
})

it.each([
  ['CAISSON_PORT', 'http'],
  ['CAISSON_PORT', '65536'],
  ['CAISSON_DATABASE_CONNECTIONS', '0'],
  ['DATABASE_URL', 'mysql://root:hunter2@db/x'],
  ['CAISSON_LOG_LEVEL', 'loud'],
  ['CAISSON_TRACE_FILE', 'yes'],
])('names the variable at fault and what it is for, and repeats no value: %s=%s', (name, value) => {
  const error = failure({ [name]: value })
  expect(error.field).toBe(name)
  expect(error.message).toContain(name)
  expect(error.remedy).toContain('leave it out for the default')
  expect(`${error.message} ${error.remedy}`).not.toContain('hunter2')
})

it('wants both keys of Langfuse or none', () => {
  expect(failure({ LANGFUSE_PUBLIC_KEY: 'pk' }).field).toBe('LANGFUSE_SECRET_KEY')
  expect(readConfig({ LANGFUSE_PUBLIC_KEY: 'pk', LANGFUSE_SECRET_KEY: 'sk' }).langfuse?.publicKey).toBe('pk')
})

it('is printed without its secrets', () => {
  const printed = printableConfig(
    readConfig({
      DATABASE_URL: 'postgres://caisson:hunter2@db:5432/caisson',
      LANGFUSE_PUBLIC_KEY: 'pk',
      LANGFUSE_SECRET_KEY: 'hunter3',
    }),
  )
  expect(printed).toContain('postgres://caisson:***@db:5432/caisson')
  expect(printed).not.toMatch(/hunter/)
})

it('says of every variable what it is for', () => {
  for (const line of describeVariables().split('\n')) expect(line).toMatch(/^ {2}[A-Z0-9_]+ +\S.+/)
})

it('knows adapters by name, and says which there are', () => {
  expect(readConfig({}).adapters).toBe('auto')
  expect(readConfig({ CAISSON_ADAPTERS: 'auto' }).adapters).toBe('auto')
  expect(readConfig({ CAISSON_ADAPTERS: 'local, docker:runsc,podman,local:gvisor,local' }).adapters).toEqual([
    { adapter: 'local', tier: 'container' },
    { adapter: 'docker', runtime: 'runsc' },
    { adapter: 'podman' },
    { adapter: 'local', tier: 'gvisor' },
  ])
  for (const text of ['nomad', 'local,auto', 'local:microvm', 'docker:', 'docker:/bin/sh', ',', 'podman:runsc']) {
    expect(failure({ CAISSON_ADAPTERS: text })).toMatchObject({
      field: 'CAISSON_ADAPTERS',
      message: expect.stringContaining('local, local:gvisor, docker, docker:RUNTIME, podman, e2b and daytona'),
    })
  }
})

it('takes engines by a socket or an address, and nothing else', () => {
  expect(readConfig({}).engines).toMatchObject({
    docker: { socketPath: '/var/run/docker.sock' },
    podman: { socketPath: '/run/podman/podman.sock' },
    images: [],
  })
  expect(readConfig({ DOCKER_HOST: 'tcp://engine:2376' }).engines.docker).toEqual({ host: 'engine', port: 2376 })
  expect(readConfig({ DOCKER_HOST: 'ssh://me@engine:2222/run/podman.sock' }).engines.docker).toEqual({
    ssh: { username: 'me', host: 'engine', port: 2222, socketPath: '/run/podman.sock' },
  })
  expect(readConfig({ DOCKER_HOST: 'ssh://me@engine' }).engines.docker).toEqual({
    ssh: { username: 'me', host: 'engine' },
  })
  expect(readConfig({ CAISSON_DOCKER_LIMITS: 'cpus, volume' }).engines.limits).toEqual(['cpus', 'volume'])
  expect(readConfig({ CAISSON_DOCKER_LIMITS: 'none' }).engines.limits).toEqual([])
  expect(readConfig({}).engines.limits).toBeUndefined()
  expect(failure({ CAISSON_DOCKER_LIMITS: 'memory,luck' }).field).toBe('CAISSON_DOCKER_LIMITS')
  for (const text of [
    'unix://',
    'unix://relative',
    'tcp://engine',
    'http://engine:80',
    'ssh://engine',
    'ssh://me:pw@engine',
    'tcp://:1',
  ])
    expect(failure({ DOCKER_HOST: text }).field).toBe('DOCKER_HOST')
})

it('takes images of engines as templates', () => {
  const text = 'python=registry.example.com:5000/python:3, base=caisson/base@sha256:0a'
  expect(readConfig({ CAISSON_DOCKER_IMAGES: text }).engines.images).toEqual([
    { name: 'python', image: 'registry.example.com:5000/python:3' },
    { name: 'base', image: 'caisson/base@sha256:0a' },
  ])
  expect(failure({ CAISSON_DOCKER_IMAGES: 'python' }).field).toBe('CAISSON_DOCKER_IMAGES')
})

it('keeps services with state of their own apart on one engine, and lets replicas share', () => {
  const namespace = (environment: Record<string, string>) => readConfig(environment).engines.namespace
  expect(namespace({ CAISSON_STATE_DIR: '/a' })).not.toBe(namespace({ CAISSON_STATE_DIR: '/b' }))
  expect(namespace({ CAISSON_STATE_DIR: '/a', CAISSON_DOCKER_NAMESPACE: 'fleet' })).toBe('fleet')
})

it('wants a key for E2B where its adapter is named, prints none, and sends no code there unasked', () => {
  expect(failure({ CAISSON_ADAPTERS: 'local,e2b' })).toMatchObject({
    field: 'E2B_API_KEY',
    remedy: expect.stringContaining('https://e2b.dev/dashboard'),
  })
  const config = readConfig({
    CAISSON_ADAPTERS: 'e2b',
    E2B_API_KEY: 'e2b_hunter2',
    CAISSON_E2B_CLOUD_TEMPLATES: 'code=tpl123',
    CAISSON_E2B_CLOUD_HOURS: '24',
  })
  expect(config.adapters).toEqual([{ adapter: 'e2b' }])
  expect(config.e2bCloud).toMatchObject({ maxTtlMs: 24 * 3_600_000, egress: 'none' })
  expect(printableConfig(config)).not.toContain('hunter2')
  expect(automaticChoices.map(formatChoice)).not.toContain('e2b')
})

it('the adapter daytona is asked for by name, has a key, and hides it', () => {
  expect(failure({ CAISSON_ADAPTERS: 'local,daytona' })).toMatchObject({
    field: 'DAYTONA_API_KEY',
    remedy: expect.stringContaining('https://app.daytona.io/dashboard/keys'),
  })
  const config = readConfig({
    CAISSON_ADAPTERS: 'daytona',
    DAYTONA_API_KEY: 'dtn_secret',
    DAYTONA_SERVER_URL: 'http://127.0.0.1:3986/api',
    DAYTONA_TARGET: 'eu',
  })
  expect(config.daytonaCloud).toMatchObject({
    apiUrl: 'http://127.0.0.1:3986/api',
    target: 'eu',
    egress: 'none',
    isolation: 'container',
    wholeSizes: true,
    maxTtlMs: 24 * 60 * 60 * 1000,
  })
  expect(config.daytona.builds).toBe(false)
  const chosen = readConfig({
    CAISSON_ADAPTERS: 'daytona',
    DAYTONA_API_KEY: 'dtn_secret',
    CAISSON_DAYTONA_CLOUD_EGRESS: 'web',
    CAISSON_DAYTONA_CLOUD_SNAPSHOTS: 'big=our-big',
    CAISSON_DAYTONA_CLOUD_HOURS: '2',
    CAISSON_DAYTONA_BUILDS: 'true',
  })
  expect(chosen.daytonaCloud).toMatchObject({
    egress: 'web',
    snapshots: [{ name: 'big', image: 'our-big' }],
    maxTtlMs: 2 * 60 * 60 * 1000,
  })
  expect(chosen.daytona.builds).toBe(true)
  expect(printableConfig(config)).not.toContain('dtn_secret')
})

it('is told of in the documentation, each variable in a row', () => {
  const documentation = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8')
  const names = [...describeVariables().matchAll(/^ {2}([A-Z0-9_]+)/gm)].map(([, name]) => name)
  expect(names.length).toBeGreaterThan(40)
  expect(names.filter((name) => !documentation.includes(`\n| \`${name}\``))).toEqual([])
})
