import { createClient } from '@caisson/client'
import { isOperationError, isSandboxError, type OperationInput, type RunEvent } from '@caisson/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestService, type TestService } from './support/service.ts'

let service: TestService

beforeAll(async () => {
  service = await startTestService({
    hostFunctions: { 'entity.write': async ({ entity, id }) => ({ written: `${entity}/${id}` }) },
  })
})
afterAll(async () => await service[Symbol.asyncDispose]())

const shell = (script: string, artifacts: string[] = []): OperationInput => ({
  kind: 'command.run',
  input: { argv: ['sh', '-c', script], artifacts },
})

function textOf(events: readonly RunEvent[], stream: string): string {
  const parts = events.map((event) =>
    event.type === 'output' && event.stream === stream ? Buffer.from(event.base64, 'base64') : Buffer.alloc(0),
  )
  return Buffer.concat(parts).toString()
}

/** What a promise that must fail fails with, as plain facts. */
async function failure(promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (isOperationError(error) || isSandboxError(error)) return error
  throw new Error('it did not fail with an error of core', { cause: error })
}

describe('a run', () => {
  it('is submitted, followed and finished, with every event once and in order', async () => {
    const events: RunEvent[] = []
    const run = await service.admin.runs.run(shell('echo out; echo err >&2; exit 3'), {
      onEvent: (event) => events.push(event),
    })
    expect(run).toMatchObject({ status: 'failed', outcome: { kind: 'exited', code: 3 } })
    expect(run.decision?.reasons[0]?.text).toBeTruthy()
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1))
    expect(textOf(events, 'stdout')).toBe('out\n')
    expect(textOf(events, 'stderr')).toBe('err\n')
  })

  it('is the same run when it is submitted twice under one id, and refuses another operation', async () => {
    const { runs } = service.admin
    const all = await Promise.all([1, 2, 3, 4].map(async () => await runs.submit(shell('echo once'), { id: 'twice' })))
    expect(new Set(all.map(({ id }) => id))).toEqual(new Set(['twice']))
    const run = await runs.wait('twice')
    expect(run.attempts).toHaveLength(1)
    expect(await failure(runs.submit(shell('echo other'), { id: 'twice' }))).toMatchObject({ code: 'conflict' })
  })

  it('keeps its artifacts after its sandbox is gone', async () => {
    const run = await service.admin.runs.run(shell('printf hello > out.txt', ['*.txt']))
    const [artifact] = run.artifacts
    expect(artifact).toMatchObject({ path: 'out.txt', sizeBytes: 5 })
    expect(await service.admin.artifacts.list(run.id)).toEqual(run.artifacts)
    expect(await new Response(service.admin.artifacts.read(artifact?.id ?? '')).text()).toBe('hello')
    expect(await service.admin.sandboxes.list()).toEqual([])
  })

  it('takes an uploaded artifact as input', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(60_000))
    const data = Buffer.concat(Array.from({ length: 40 }, () => bytes))
    const { id, sizeBytes } = await service.admin.artifacts.put('given.bin', data)
    expect(sizeBytes).toBe(data.byteLength)
    expect(Buffer.from(await new Response(service.admin.artifacts.read(id)).arrayBuffer()).equals(data)).toBe(true)
    const run = await service.admin.runs.run({
      kind: 'command.run',
      input: { argv: ['sh', '-c', 'wc -c < given.bin'], files: [{ path: 'given.bin', content: { artifact: id } }] },
    })
    expect(JSON.stringify(run.value)).toContain(String(data.byteLength))
  })

  it('ends as cancelled when its caller gives it up, and keeps what it had put out', async () => {
    const controller = new AbortController()
    const events: RunEvent[] = []
    const run = await service.admin.runs.run(shell('echo begun; sleep 60'), {
      signal: controller.signal,
      onEvent: (event) => {
        events.push(event)
        if (event.type === 'output') controller.abort()
      },
    })
    expect(run.status).toBe('cancelled')
    expect(textOf(events, 'stdout')).toBe('begun\n')
  })

  it('waits for a person, who is another than the agent', async () => {
    const agent = await service.as('default', 'agent')
    const submitted = await agent.runs.submit({
      kind: 'entity.write',
      trust: 'trusted',
      input: { entity: 'customer', id: '7', value: { name: 'Ada' } },
    })
    const finished = agent.runs.wait(submitted.id)
    await expect.poll(async () => (await agent.approvals.list({ state: 'pending' })).length).toBe(1)
    const [approval] = await agent.approvals.list({ state: 'pending' })
    const id = approval?.id ?? ''
    expect(await failure(agent.approvals.grant(id))).toMatchObject({ code: 'forbidden' })
    const granted = await service.admin.approvals.grant(id, 'looks right')
    expect(granted).toMatchObject({ reason: 'looks right', decidedBy: expect.stringMatching(/^bootstrap \(e2b_/) })
    expect(await finished).toMatchObject({ status: 'succeeded', value: { written: 'customer/7' } })
    expect(await failure(service.admin.approvals.grant(id))).toMatchObject({ code: 'conflict' })
  })

  it('is decided without being run', async () => {
    const { decision, explanation } = await service.admin.decide(shell('echo'))
    expect(decision.placement).toMatchObject({ kind: 'sandbox', adapter: 'local' })
    expect(explanation).toContain('local')
  })

  it('is listed, newest first and page by page, without its output', async () => {
    const reader = await service.as('lister', 'agent')
    const ids: string[] = []
    for (let index = 0; index < 5; index += 1) ids.unshift((await reader.runs.run(shell(`echo ${index}`))).id)
    const first = await reader.runs.list({ limit: 3 })
    const second = await reader.runs.list({ limit: 3, cursor: first.next })
    expect([...first.runs, ...second.runs].map(({ id }) => id)).toEqual(ids)
    expect(second.next).toBeUndefined()
    expect(first.runs[0]).toMatchObject({ status: 'succeeded', placement: 'local' })
    expect(await reader.runs.list({ cursor: 'nonsense' })).toEqual({ runs: [] })
  })
})

describe('bad input', () => {
  it.each([
    ['kind', { kind: 'code.delete' }],
    ['input.code', { kind: 'code.execute', input: { language: 'python', code: 'x'.repeat(1024 * 1024 + 1) } }],
    [
      'input.files.0.path',
      { kind: 'command.run', input: { argv: ['true'], files: [{ path: '../x', content: { text: '' } }] } },
    ],
  ])('is told with the field at fault: %s', async (field, operation) => {
    const error = await failure(service.admin.runs.submit(operation as never))
    expect(error).toMatchObject({ code: 'invalid-operation', field })
  })

  it('with NUL and lone surrogates is kept as it was given', async () => {
    const strange = 'a\0b\ud800c'
    const run = await service.admin.runs.run({
      kind: 'code.execute',
      agentType: strange,
      input: { language: 'bash', code: `echo ok # ${strange}` },
    })
    expect(['succeeded', 'failed', 'denied']).toContain(run.status)
  })

  it('that is too large is refused before it is read', async () => {
    const body = 'x'.repeat(service.config.bodyLimitBytes + 1)
    const response = await fetch(`${service.url}/trpc/decide`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${service.adminKey}` },
    })
    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { data: { caisson: { code: 'invalid-operation' } } } })
  })
})

describe('keys', () => {
  it('are refused from the moment they are revoked, and cannot be read back', async () => {
    const { id, key } = await service.admin.keys.create({ name: 'short-lived', role: 'agent' })
    expect(key).toMatch(/^e2b_[0-9a-f]{40}$/)
    const client = createClient({ url: service.url, apiKey: key })
    expect(await client.whoami()).toMatchObject({ organization: 'default', role: 'agent', keyName: 'short-lived' })
    expect(JSON.stringify(await service.admin.keys.list())).not.toContain(key)
    expect(await service.admin.keys.revoke(id)).toBe('revoked')
    expect(await failure(client.whoami())).toMatchObject({ code: 'unauthenticated' })
    expect(await service.admin.keys.revoke(id)).toBe('absent')
  })

  it.each(['', 'e2b_', `e2b_${'0'.repeat(40)}`, `e2b_${'0'.repeat(40)}' or true --`])('refuses %j', async (apiKey) => {
    const response = await fetch(`${service.url}/trpc/whoami`, { headers: { authorization: `Bearer ${apiKey}` } })
    expect(response.status).toBe(401)
  })
})

describe('the edges', () => {
  it('answer who asks for health, and tell figures to operators only', async () => {
    expect((await fetch(`${service.url}/healthz`)).status).toBe(200)
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
    expect((await fetch(`${service.url}/metrics`)).status).toBe(401)
    const response = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${service.adminKey}` } })
    const text = await response.text()
    expect(text).toMatch(/^caisson_decisions_total\{placement="sandbox",adapter="local"\} [1-9]/m)
    expect(text).toMatch(/^caisson_runs_active\{status="queued"\} 0/m)
    expect(text).toMatch(/^caisson_runs_finished_total\{status="cancelled"\} 1/m)
    expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m)
  })

  it('refuse a name that is not ours, as a rebound DNS name would be', async () => {
    const { request } = await import('node:http')
    const status = async (host: string) =>
      await new Promise((resolve, reject) => {
        request(`${service.url}/healthz`, { headers: { host } }, (response) => {
          response.resume()
          resolve(response.statusCode)
        })
          .on('error', reject)
          .end()
      })
    expect(await status('evil.example')).toBe(421)
    expect(await status('127.0.0.1.evil.example')).toBe(421)
    expect(await status('localhost:1')).toBe(200)
  })

  it('let no page of another origin read an answer', async () => {
    const response = await fetch(`${service.url}/trpc/whoami`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    })
    expect(response.headers.get('access-control-allow-origin')).toBeNull()
  })

  it('say what there is', async () => {
    expect(await service.admin.adapters()).toMatchObject([{ name: 'local', health: { status: 'healthy' } }])
    expect((await service.admin.policy()).text).toContain('rules:')
    expect(await service.admin.status()).toMatchObject({ database: 'embedded', hostFunctions: ['entity.write'] })
  })
})
