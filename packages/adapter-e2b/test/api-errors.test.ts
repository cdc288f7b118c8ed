import { freshId, isSandboxError, sandboxIdSchema } from '@caisson/core'
import { expect, it } from 'vitest'
import { createE2bAdapter } from '../src/index.ts'
import { type StubAnswer, startStubApi } from './support/stub-api.ts'

const refusal = (status: number, headers: Record<string, string> = {}): StubAnswer => ({
  status,
  headers,
  body: { code: status, message: 'as it is told' },
})
const adapterOf = (url: string) => createE2bAdapter({ apiKey: 'e2b_0', apiUrl: url, sandboxUrl: url })
const id = sandboxIdSchema.parse(freshId())

async function failureOf(call: Promise<unknown>) {
  const error: unknown = await call.catch((thrown: unknown) => thrown)
  if (!isSandboxError(error)) throw new Error(`no error of ours: ${String(error)}`)
  return error
}

it.each([
  ['a wrong key', refusal(401), { code: 'unauthenticated', retryable: false }],
  [
    'too many requests',
    refusal(429, { 'Retry-After': '7' }),
    { code: 'rate-limited', retryable: true, retryAfterMs: 7000 },
  ],
  ['too many sandboxes', refusal(429), { code: 'quota-exceeded', retryable: false }],
  ['an unknown template', refusal(404), { code: 'template-not-found', retryable: false }],
  ['a full cloud', refusal(503), { code: 'unavailable', retryable: true }],
  ['a full cloud that says when', refusal(503, { 'Retry-After': '2' }), { code: 'unavailable', retryAfterMs: 2000 }],
  ['a plan that allows less', refusal(400), { code: 'invalid-argument', retryable: false }],
  ['a forbidden template', refusal(403), { code: 'permission-denied', retryable: false }],
])('tells %s at a creation', async (_what, answer, expected) => {
  await using api = await startStubApi(() => answer)
  expect(await failureOf(adapterOf(api.url).create({}))).toMatchObject({ ...expected, adapter: 'e2b' })
  // Asked once: whether to wait is for whoever asked.
  expect(api.requests).toEqual(['POST /v2/sandboxes'])
})

it('tells a key that is wrong with what to do, in a probe too', async () => {
  await using api = await startStubApi(() => refusal(401))
  const remedy = expect.stringContaining('https://e2b.dev/dashboard')
  expect(await adapterOf(api.url).probe()).toMatchObject({ status: 'unavailable', remedy })
})

it('tells a sandbox that is not there', async () => {
  await using api = await startStubApi(() => refusal(404))
  const adapter = adapterOf(api.url)
  expect(await failureOf(adapter.connect(id))).toMatchObject({ code: 'sandbox-not-found' })
  expect(await adapter.destroy(id)).toBe('absent')
})

it('tells a cloud that cannot be reached', async () => {
  expect(await failureOf(adapterOf('http://127.0.0.1:9').connect(id))).toMatchObject({
    code: 'unavailable',
    retryable: true,
  })
})

it('looks for a sandbox whose creation broke off, and takes it back', async () => {
  const made = {
    sandboxID: id,
    templateID: 'base',
    startedAt: new Date(),
    endAt: new Date(),
    state: 'running',
    metadata: {},
  }
  await using api = await startStubApi((method, path) => {
    if (method === 'POST') return 'hang up'
    if (method === 'DELETE') return { status: 204 }
    return path.includes('metadata=CAISSON_CREATION') ? { status: 200, body: [made] } : { status: 200, body: [] }
  })
  expect(await failureOf(adapterOf(api.url).create({}))).toMatchObject({ code: 'unavailable' })
  expect(api.requests).toContain(`DELETE /sandboxes/${id}`)
})

it('waits for a creation that is given up, and takes it back', async () => {
  const controller = new AbortController()
  await using api = await startStubApi((method) => {
    controller.abort()
    return method === 'POST'
      ? { status: 201, body: { sandboxID: id, templateID: 'base', clientID: 'c', envdVersion: '0.6.13' } }
      : { status: 204 }
  })
  const { signal } = controller
  expect(await failureOf(adapterOf(api.url).create({}, { signal }))).toMatchObject({ code: 'cancelled' })
  expect(api.requests).toEqual(['POST /v2/sandboxes', `DELETE /sandboxes/${id}`])
})

it('sees and sweeps its own namespace only', async () => {
  const entry = (sandboxID: string, namespace: string, endedMs: number) => ({
    sandboxID,
    templateID: 'base',
    startedAt: new Date(),
    endAt: new Date(Date.now() - endedMs),
    state: 'running',
    metadata: { CAISSON_NAMESPACE: namespace, organization: 'acme' },
  })
  const forgotten = freshId()
  await using api = await startStubApi((method) =>
    method === 'DELETE'
      ? { status: 204 }
      : {
          status: 200,
          body: [
            entry(freshId(), 'other', 3_600_000),
            entry(forgotten, 'default', 3_600_000),
            entry(id, 'default', -60_000),
          ],
        },
  )
  const adapter = adapterOf(api.url)
  expect((await Array.fromAsync(adapter.list({ labels: { organization: 'acme' } }))).map((info) => info.id)).toEqual([
    forgotten,
    id,
  ])
  expect(await adapter.sweep?.()).toEqual({ removed: 1 })
  expect(api.requests.filter((request) => request.startsWith('DELETE'))).toEqual([`DELETE /sandboxes/${forgotten}`])
})

it('wants a key', () => {
  expect(() => createE2bAdapter({ apiKey: '' })).toThrow(
    expect.objectContaining({ code: 'invalid-argument', field: 'apiKey' }),
  )
})
