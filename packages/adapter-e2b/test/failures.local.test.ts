import {
  decodeText,
  isSandboxError,
  mib,
  runCode,
  runProcess,
  runShell,
  type Sandbox,
  type SandboxAdapter,
} from '@caisson/core'
import { E2B } from '@e2b/code-interpreter'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createE2bAdapter } from '../src/index.ts'
import { type Endpoint, startEndpoint } from './support/start-endpoint.ts'

let endpoint: Endpoint
let adapter: SandboxAdapter
beforeAll(async () => {
  endpoint = await startEndpoint({ resources: { memoryBytes: 128 * mib }, quota: 3 })
  adapter = createE2bAdapter({ apiKey: endpoint.apiKey, apiUrl: endpoint.url, sandboxUrl: endpoint.url })
})
afterAll(async () => {
  await adapter[Symbol.asyncDispose]()
  await endpoint[Symbol.asyncDispose]()
})

async function codeOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return isSandboxError(error) ? error.code : `not one of ours: ${String(error)}`
}

/** As E2B tells it. */
async function networkOf({ id }: Sandbox): Promise<unknown> {
  return (await new E2B({ apiKey: endpoint.apiKey, apiUrl: endpoint.url }).Sandbox.getInfo(id)).network
}

describe('what a process dies of', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await adapter.create({})
  })
  afterAll(async () => void (await sandbox.destroy()))

  it('is told: its memory, a crash, its time', async () => {
    const outcomes = [
      await runProcess(sandbox, { argv: ['tail', '/dev/zero'] }),
      await runShell(sandbox, 'kill -SEGV $$'),
      await runProcess(sandbox, { argv: ['sleep', '60'], timeoutMs: 300 }),
      await runShell(sandbox, 'kill -KILL $$'),
    ].map(({ outcome }) => outcome)
    expect(outcomes).toEqual([
      { kind: 'out-of-memory' },
      { kind: 'signaled', signal: 'SIGSEGV' },
      { kind: 'timed-out' },
      { kind: 'signaled', signal: 'SIGKILL' },
    ])
  })

  it('is no failure of whoever speaks to it at that moment', async () => {
    for (let round = 0; round < 10; round += 1) {
      const process = await sandbox.processes.spawn({
        argv: ['sh', '-c', 'trap "exit 0" USR1; echo ready; while :; do sleep 0.01; done'],
      })
      await process.output.getReader().read()
      await process.signal('SIGUSR1')
      await process.cancel()
      expect(['exited', 'cancelled']).toContain((await process.wait()).outcome.kind)
    }
  })

  it('leaves no keeper behind', async () => {
    await runProcess(sandbox, { argv: ['true'] })
    await expect
      .poll(async () => decodeText((await runShell(sandbox, 'pgrep -c perl || true')).stdout).trim(), {
        timeout: 20_000,
      })
      // The one that this command itself has, and its relay.
      .toMatch(/^[0-2]$/)
  })

  it('loses no output when connections break', async () => {
    const process = await sandbox.processes.spawn({
      argv: ['sh', '-c', 'i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo "line $i"; sleep 0.05; done'],
    })
    let text = ''
    let cuts = 0
    for await (const { bytes } of process.output) {
      text += decodeText(bytes)
      if (text.includes(`line ${10 * (cuts + 1)}\n`) && cuts < 2) {
        cuts += 1
        endpoint.cut()
      }
    }
    expect(text).toBe(Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`).join(''))
    expect([cuts, (await process.wait()).outcome]).toEqual([2, { kind: 'exited', code: 0 }])
  })
})

it('tells rich results of code, in whole characters', async () => {
  const sandbox = await adapter.create({})
  const { code } = sandbox
  if (code === undefined) throw new Error('there is no code interpreter')
  const text = 'ü🎉'.repeat(50_000)
  const { stdout, results } = await runCode(code, `print('ü🎉' * 50000)\n{'answer': 42}`, { language: 'python' })
  expect(stdout).toBe(`${text}\n`)
  expect(results).toMatchObject([{ main: true, data: { 'text/plain': "{'answer': 42}" } }])
  await sandbox.destroy()
})

it('tells of a sandbox that vanishes, wherever it is noticed', async () => {
  const sandbox = await adapter.create({})
  const process = await sandbox.processes.spawn({ argv: ['sleep', '60'] })
  const reader = process.output.getReader()
  const cell = (await sandbox.code?.run('import time; time.sleep(60)', { language: 'python' }))?.getReader()
  const noticed = Promise.all([
    codeOf(process.wait()),
    codeOf(reader.read()),
    codeOf(cell?.read() ?? Promise.resolve()),
  ])
  await adapter.destroy(sandbox.id)
  expect(await noticed).toEqual(['sandbox-not-found', 'sandbox-not-found', 'sandbox-not-found'])
  expect(await codeOf(sandbox.files.stat('/'))).toBe('sandbox-not-found')
})

it('tells of the quota, and of a key that is not one', async () => {
  const held = await Promise.all([1, 2, 3].map(async () => await adapter.create({})))
  expect(await codeOf(adapter.create({}))).toBe('quota-exceeded')
  await Promise.all(held.map(async ({ destroy }) => await destroy()))
  await using stranger = createE2bAdapter({ apiKey: 'e2b_wrong', apiUrl: endpoint.url, sandboxUrl: endpoint.url })
  expect(await codeOf(stranger.create({}))).toBe('unauthenticated')
})

it('keeps ports to itself, and opens them to everybody when it is told to', async () => {
  const open = createE2bAdapter({
    apiKey: endpoint.apiKey,
    apiUrl: endpoint.url,
    sandboxUrl: endpoint.url,
    publicPorts: true,
  })
  const [closedOne, openOne] = [await adapter.create({}), await open.create({})]
  expect(await networkOf(closedOne)).toMatchObject({ allowPublicTraffic: false })
  expect(await networkOf(openOne)).toMatchObject({ allowPublicTraffic: true })
  expect(closedOne.ports?.url).toBeUndefined()
  expect(await openOne.ports?.url?.(8000)).toMatch(new RegExp(`^http://8000-${openOne.id}\\.localhost:\\d+$`))
  await Promise.all([closedOne.destroy(), openOne.destroy()])
})

it('passes network rules on, and takes them back', async () => {
  const web = createE2bAdapter({
    apiKey: endpoint.apiKey,
    apiUrl: endpoint.url,
    sandboxUrl: endpoint.url,
    egress: 'web',
  })
  const sandbox = await web.create({ egress: { mode: 'allow', rules: [{ host: 'pypi.org', port: 443 }] } })
  expect(await networkOf(sandbox)).toMatchObject({ allowOut: ['pypi.org'], denyOut: ['0.0.0.0/0'] })
  const proxy = async () => decodeText((await runShell(sandbox, 'echo "${https_proxy:-none}"')).stdout).trim()
  expect(await proxy()).toMatch(/^http/)
  await sandbox.setEgress?.({
    mode: 'allow',
    rules: [{ host: 'pypi.org', port: 443 }],
    headers: [{ host: 'pypi.org', set: { 'X-Key': 'value' } }],
  })
  expect(await networkOf(sandbox)).toMatchObject({
    rules: { 'pypi.org': [{ transform: { headers: { 'X-Key': 'value' } } }] },
  })
  await sandbox.setEgress?.({ mode: 'none' })
  expect(await networkOf(sandbox)).not.toMatchObject({ allowOut: ['pypi.org'] })
  await sandbox.destroy()
})
