import { createMemoryAdapter } from '@caisson/conformance/memory'
import { verifyAuditChain } from '@caisson/client'
import type { OperationInput } from '@caisson/core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestService, type TestService } from './support/service.ts'

/** A dollar for a CPU and a second. */
const price = { currency: 'USD', perCpuHour: 3600, perGibHour: 0, source: 'made up', asOf: '2026-11-21' } as const
const command: OperationInput = { kind: 'command.run', input: { argv: ['true'] }, timeoutMs: 10_000 }
const everything = { from: '2026-01-01', to: '2099-12-31' }

let service: TestService
beforeAll(async () => {
  service = await startTestService({ adapters: [createMemoryAdapter({ name: 'local', price })] })
}, 60_000)
afterAll(async () => await service[Symbol.asyncDispose]())

it('tells before what it reckons with, here and elsewhere, and afterwards what it came to, by agent and kind', async () => {
  const { decision } = await service.admin.decide(command)
  expect(decision.estimate?.amountUsd).toBeGreaterThan(0)
  expect(decision.elsewhere?.map(({ provider, basis }) => [provider, basis.includes('prices: ')])).toEqual([
    ['e2b', true],
    ['daytona', true],
  ])
  const run = await service.admin.runs.run(command)
  expect(run.decision?.elsewhere).toEqual(decision.elsewhere)
  const rows = await service.admin.cost({ ...everything, by: ['agent', 'kind', 'adapter'] })
  expect(rows).toMatchObject([{ agent: 'bootstrap', kind: 'command.run', adapter: 'local', leases: 1 }])
  expect(rows[0]?.costUsd).toBeCloseTo(run.usage.costUsd, 9)
  expect(rows[0]?.estimateUsd).toBeGreaterThan(0)
})

it('begins nothing that a budget has no room for', async () => {
  const client = await service.as('thrifty', 'admin')
  await client.budgets.set({ agent: '', softUsd: 1, hardUsd: 5 })
  const run = await client.runs.run(command)
  expect(run.status).not.toBe('succeeded')
  expect(await client.cost({ ...everything, by: [] })).toMatchObject([{ leases: 0, costUsd: 0 }])
  expect(await client.budgets.list()).toMatchObject([{ hardUsd: 5, committedUsd: 0 }])
})

it('answers what has no room with the code and the header that clients wait for', async () => {
  const client = await service.as('busy', 'admin')
  const { key, name } = await client.keys.create({ name: 'crawler', role: 'agent' })
  await client.quotas.set({ agent: name, runsPerDay: 1 })
  const submit = async () =>
    await fetch(`${service.url}/trpc/runs.submit`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ operation: command }),
    })
  expect((await submit()).status).toBe(200)
  const refused = await submit()
  expect(refused.status).toBe(429)
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(86_400)
  expect(await refused.text()).toContain('the agent crawler may submit 1 runs a day')
  // Others of the organization have what they had.
  expect((await client.runs.run(command)).status).toBe('succeeded')
})

it('keeps account of what is done with keys and limits, in a chain that a client can verify', async () => {
  const client = await service.as('orderly', 'admin')
  const made = await client.keys.create({ name: 'ci', role: 'agent' })
  await client.keys.rotate(made.id)
  await client.quotas.set({ agent: 'ci', sandboxes: 2 })
  await client.runs.run(command)
  const { organization, ...head } = await client.audit.head()
  expect(organization).toBe('orderly')
  expect(await verifyAuditChain(organization, client.audit.list(), head)).toMatchObject({ intact: true })
  const actions: string[] = []
  for await (const { event } of client.audit.list()) actions.push(String(JSON.parse(event).action))
  expect(actions.slice(0, 3)).toEqual(['key.created', 'key.rotated', 'quota.set'])
  expect(actions).toContain('run.finished')
  const refused = await (await service.as('orderly', 'agent')).audit.head().catch((error: unknown) => error)
  expect(refused).toMatchObject({ code: 'forbidden' })
})
