import { createMemoryAdapter } from '@caisson/conformance/memory'
import { freshId, leaseIdSchema, organizationIdSchema, runIdSchema } from '@caisson/core'
import { expect, it } from 'vitest'
import type { Lease } from '../src/index.ts'
import { acme, bash, createHarness } from './support/harness.ts'

const hour = 3_600_000
const price = { currency: 'USD', perCpuHour: 3600, perGibHour: 0, source: 'made up', asOf: '2026-11-21' } as const

/** An engine whose clock stands at `nowMs` until it is moved, with an open lease of no run. */
async function given(rest: Partial<Lease> = {}, { ended = false, labelled = true } = {}) {
  const startedAtMs = Date.UTC(2026, 10, 21, 12)
  const clock = { nowMs: startedAtMs }
  const adapter = createMemoryAdapter()
  const { engine, stores } = createHarness({ adapters: [adapter], clock: { now: () => clock.nowMs } })
  const lease: Lease = {
    id: leaseIdSchema.parse(freshId()),
    organization: organizationIdSchema.parse('acme'),
    run: runIdSchema.parse(freshId('held')),
    slot: 'held:test',
    adapter: adapter.name,
    owner: 'dead',
    startedAtMs,
    agent: '',
    kind: 'sandbox',
    cpus: 1,
    memoryBytes: 0,
    diskBytes: 0,
    price,
    expiresAtMs: startedAtMs + hour,
    estimateUsd: 0,
    ...rest,
  }
  await stores.leases.open(lease)
  const labels = labelled ? { organization: 'acme', state: stores.id, lease: lease.id, session: 'held:test' } : {}
  const sandbox = await adapter.create({ labels })
  await stores.leases.attach(lease.organization, lease.id, sandbox.id)
  if (ended) await sandbox.destroy()
  const leaseNow = async () => (await stores.leases.listByRun(lease.organization, lease.run))[0]
  return { engine, stores, adapter, sandbox, lease, leaseNow, clock, startedAtMs }
}

it('ends a lease whose sandbox expired unseen at the time of its expiry, and says so', async () => {
  const { engine, clock, leaseNow, startedAtMs } = await given({}, { ended: true })
  clock.nowMs = startedAtMs + 5 * hour
  expect(await engine.recover()).toMatchObject({ closed: 1 })
  // One CPU for an hour, at a dollar a second.
  expect(await leaseNow()).toMatchObject({ endedAtMs: startedAtMs + hour, costUsd: 3600 })
  expect((await engine.audit(acme))[0]).toMatchObject({ action: 'lease.closed-by-sweeper', details: { costUsd: 3600 } })
  expect(await engine.recover()).toMatchObject({ closed: 0 })
})

it('ends a lease whose sandbox was taken away at the time when it was last seen', async () => {
  const { engine, sandbox, clock, leaseNow, startedAtMs } = await given()
  clock.nowMs = startedAtMs + 60_000
  expect(await engine.recover()).toMatchObject({ closed: 0 })
  await sandbox.destroy()
  // Whoever did that is given a moment to say so.
  clock.nowMs += 5_000
  expect(await engine.recover()).toMatchObject({ closed: 0 })
  clock.nowMs += 60_000
  expect(await engine.recover()).toMatchObject({ closed: 1 })
  expect(await leaseNow()).toMatchObject({ endedAtMs: startedAtMs + 60_000, costUsd: 60 })
})

it.each([true, false])('leaves a lease alone whose sandbox is there, labelled: %s', async (labelled) => {
  const { engine, clock, leaseNow, startedAtMs } = await given({}, { labelled })
  clock.nowMs = startedAtMs + 2 * hour
  expect(await engine.recover()).toMatchObject({ closed: 0 })
  expect(await leaseNow()).not.toHaveProperty('endedAtMs')
})

it('bills the sandbox of a session also between its operations, and to the end of its time', async () => {
  const { engine, stores } = createHarness({ limits: { sessionMs: 60_000 } })
  const operation = { ...bash('true'), session: 's' }
  await engine.run(operation, acme)
  const [kept, ...others] = await engine.leases(acme)
  expect(others).toEqual([])
  expect(kept).toMatchObject({ slot: 'session', agent: 'agent-1', kind: 'code.execute' })
  await engine.run(operation, acme)
  const [again, ...more] = await engine.leases(acme)
  expect(more).toEqual([])
  expect(again?.sandbox).toBe(kept?.sandbox)
  expect(again?.id).not.toBe(kept?.id)
  const [first] = await stores.leases.listByRun(organizationIdSchema.parse('acme'), kept?.run ?? runIdSchema.parse('x'))
  expect(first?.endedAtMs).toBeGreaterThanOrEqual(first?.startedAtMs ?? Infinity)
})
