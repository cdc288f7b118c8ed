import { apiRouter } from '@caisson/api'
import type { CaissonClient } from '@caisson/client'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startTestService, type TestService } from './support/service.ts'

let service: TestService
let stranger: Stranger
/** What belongs to the first organization, and must not be seen by the second. */
let theirs: Record<'run' | 'batch' | 'artifact' | 'approval' | 'sandbox' | 'key' | 'policy' | 'hook', string>

interface Stranger {
  readonly client: CaissonClient
  /** A plain request with the second organization's admin key. */
  readonly request: (procedure: string, input: unknown) => Promise<{ readonly status: number; readonly body: string }>
}

beforeAll(async () => {
  service = await startTestService({ hostFunctions: { 'entity.write': async () => 'written' } })
  const { admin } = service
  const made = await admin.runs.run({
    kind: 'command.run',
    input: { argv: ['sh', '-c', 'echo secret > out'], artifacts: ['out'] },
  })
  const batch = await admin.runs.run({
    kind: 'batch.run',
    input: { task: { language: 'bash', code: 'exit 1' }, items: ['secret'] },
  })
  const running = await admin.runs.submit({ kind: 'command.run', input: { argv: ['sleep', '60'] } })
  await vi.waitUntil(async () => (await admin.sandboxes.list()).length === 1, { timeout: 20_000 })
  await admin.runs.submit({ kind: 'entity.write', trust: 'trusted', input: { entity: 'e', id: '1', value: 1 } })
  await vi.waitUntil(async () => (await admin.approvals.list()).length === 1, { timeout: 20_000 })
  const [sandbox] = await admin.sandboxes.list()
  const [approval] = await admin.approvals.list()
  const [key] = await admin.keys.list()
  const policy = await admin.policies.put("name: theirs\nversion: '1'\nextends: default\n", { choose: true })
  const hook = await admin.hooks.create({ url: 'https://hooks.example.com/theirs' })
  theirs = {
    run: running.id,
    batch: batch.id,
    artifact: made.artifacts[0]?.id ?? '',
    approval: approval?.id ?? '',
    sandbox: sandbox?.id ?? '',
    key: key?.id ?? '',
    policy: policy.hash,
    hook: hook.id,
  }
  expect(Object.values(theirs)).not.toContain('')

  const client = await service.as('globex', 'admin')
  const { key: apiKey } = await client.keys.create({ name: 'plain', role: 'admin' })
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  stranger = {
    client,
    request: async (procedure, input) => {
      const isStream = procedure === 'runs.events'
      const query = isStream ? `?input=${encodeURIComponent(JSON.stringify(input))}` : ''
      const response = await fetch(`${service.url}/trpc/${procedure}${query}`, {
        headers,
        ...(isStream ? {} : { method: 'POST', body: JSON.stringify(input) }),
      })
      return { status: response.status, body: await response.text() }
    },
  }
}, 60_000)
afterAll(async () => await service[Symbol.asyncDispose]())

const operation = { kind: 'command.run', input: { argv: ['true'] } }
type Ids = typeof theirs
const names = ['run', 'batch', 'artifact', 'approval', 'sandbox', 'key', 'policy', 'hook'] as const

/** For each procedure an input that names what belongs to others, or nothing where there is nothing to name. */
const inputs: Record<string, (ids: Ids) => unknown> = {
  decide: () => ({ operation }),
  'runs.submit': ({ artifact }) => ({
    operation: {
      kind: 'command.run',
      input: { argv: ['cat', 'in'], files: [{ path: 'in', content: { artifact } }] },
    },
  }),
  'runs.callbackSecret': () => undefined,
  'runs.get': ({ run }) => ({ id: run }),
  'runs.list': () => ({}),
  'runs.cancel': ({ run }) => ({ id: run }),
  'runs.wait': ({ run }) => ({ id: run, timeoutMs: 10 }),
  'runs.log': ({ run }) => ({ id: run }),
  'runs.events': ({ run }) => ({ id: run }),
  'batches.list': () => ({}),
  'batches.get': ({ batch }) => ({ id: batch }),
  'batches.items': ({ batch }) => ({ id: batch }),
  'batches.retry': ({ batch }) => ({ id: batch }),
  'approvals.list': () => ({}),
  'approvals.show': ({ approval }) => ({ id: approval }),
  'approvals.grant': ({ approval }) => ({ id: approval }),
  'approvals.deny': ({ approval }) => ({ id: approval }),
  'artifacts.list': ({ run }) => ({ run }),
  'artifacts.read': ({ artifact }) => ({ id: artifact }),
  'artifacts.put': () => ({ path: 'x', base64: '' }),
  'sandboxes.list': () => undefined,
  'sandboxes.destroy': ({ sandbox }) => ({ adapter: 'local', id: sandbox }),
  'keys.create': () => ({ name: 'x', role: 'agent' }),
  'keys.list': () => undefined,
  'keys.revoke': ({ key }) => ({ id: key }),
  'keys.rotate': ({ key }) => ({ id: key }),
  'quotas.list': () => undefined,
  'quotas.set': () => ({ agent: 'x', sandboxes: 5 }),
  'budgets.list': () => undefined,
  'budgets.set': () => ({ agent: '', hardUsd: 1000 }),
  cost: () => ({ from: '2026-01-01', to: '2099-12-31', by: ['day', 'agent', 'kind', 'adapter'] }),
  'audit.list': () => ({}),
  'audit.head': () => undefined,
  'policies.list': () => undefined,
  'policies.get': ({ policy }) => ({ hash: policy }),
  'policies.put': () => ({ text: "name: x\nversion: '1'\nextends: default\n" }),
  'policies.choose': ({ policy }) => ({ hash: policy }),
  'policies.replay': ({ policy }) => ({ hash: policy, sinceMs: 0 }),
  'hooks.create': () => ({ url: 'https://hooks.example.com/' }),
  'hooks.list': () => undefined,
  'hooks.remove': ({ hook }) => ({ id: hook }),
  adapters: () => undefined,
  policy: () => undefined,
  status: () => undefined,
  whoami: () => undefined,
}

it.each(Object.keys(apiRouter._def.procedures))(
  '%s shows and touches nothing of another organization',
  async (name) => {
    const input = inputs[name]
    if (input === undefined) throw new Error(`say in this test what ${name} must not do for strangers`)
    const absent: Ids = {
      run: 'absent',
      batch: 'absent',
      artifact: 'absent',
      approval: 'absent',
      sandbox: 'absent',
      key: 'absent',
      policy: '0'.repeat(64),
      hook: 'absent',
    }
    const answer = await stranger.request(name, input(theirs))
    if (JSON.stringify(input(theirs)) !== JSON.stringify(input(absent)) && name !== 'runs.submit') {
      // The very same answer as for what does not exist.
      const unknown = await stranger.request(name, input(absent))
      const anonymous = names.reduce((text, one) => text.replaceAll(theirs[one], absent[one]), answer.body)
      expect({ status: answer.status, body: withoutMoment(anonymous) }).toEqual({
        status: unknown.status,
        body: withoutMoment(unknown.body),
      })
    } else {
      for (const [kind, id] of Object.entries(theirs)) {
        // What strangers named themselves, in the operation that `runs.submit` is tried with, they may read again.
        if (name !== 'runs.submit' && kind !== 'artifact') expect(answer.body).not.toContain(id)
      }
    }
  },
)

it('gives an operation no artifact of another organization', async () => {
  const run = await stranger.client.runs.run({
    kind: 'command.run',
    input: { argv: ['cat', 'in'], files: [{ path: 'in', content: { artifact: theirs.artifact } }] },
  } as never)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'artifact-not-found' } })
  expect(JSON.stringify(run)).not.toContain('secret')
})

it('left everything as it was', async () => {
  const { admin } = service
  expect((await admin.runs.get(theirs.run)).status).toBe('running')
  expect((await admin.approvals.list())[0]?.state).toBe('pending')
  expect((await admin.sandboxes.list()).map(({ id }) => id)).toEqual([theirs.sandbox])
  expect((await admin.keys.list()).find(({ id }) => id === theirs.key)?.revokedAtMs).toBeUndefined()
  await admin.runs.cancel(theirs.run)
})

function withoutMoment(text: string): string {
  return text.replaceAll(/"data":""/g, '').trim()
}
