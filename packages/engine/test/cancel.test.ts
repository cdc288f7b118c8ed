import { createMemoryAdapter } from '@caisson/conformance/memory'
import { expect, it } from 'vitest'
import { acme, bash, createHarness, eventually, sandboxesOf, untilStatus } from './support/harness.ts'
import { faultyAdapter } from './support/faulty-adapter.ts'

it('kills what runs, keeps what was printed, and gives the sandbox back', async () => {
  const { engine, adapter, stores } = createHarness()
  const { id, organization } = await engine.submit(bash('echo begun; sleep 60'), acme)
  await eventually(async () => (await stores.events.position(organization, id, '')).storedBytes > 0)
  const run = await engine.cancel(id, acme)
  expect(run).toMatchObject({ status: 'cancelled', outcome: { kind: 'cancelled' }, value: { stdout: 'begun\n' } })
  expect(await sandboxesOf(adapter)).toEqual([])
  expect(await engine.cancel(id, acme)).toEqual(run)
})

it('cancels while the sandbox is being created', async () => {
  const adapter = createMemoryAdapter({ createMs: 5_000 })
  const { engine } = createHarness({ adapters: [adapter] })
  const { id } = await engine.submit(bash('true'), acme)
  await untilStatus(engine, id, 'running')
  const startedAt = performance.now()
  expect(await engine.cancel(id, acme)).toMatchObject({ status: 'cancelled' })
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

it('destroys a sandbox that comes although nobody wants it any more', async () => {
  const memory = createMemoryAdapter()
  const late = Promise.withResolvers<void>()
  const adapter = faultyAdapter(memory, {
    create: async (spec) => {
      await late.promise
      return await memory.create(spec)
    },
  })
  const { engine } = createHarness({ adapters: [adapter] })
  const { id } = await engine.submit(bash('true'), acme)
  await untilStatus(engine, id, 'running')
  await engine.cancel(id, acme)
  late.resolve()
  await eventually(async () => (await sandboxesOf(memory)).length === 0)
  expect(await sandboxesOf(memory)).toEqual([])
})

it('cancels with the signal of the caller', async () => {
  const { engine } = createHarness()
  const run = await engine.run(bash('sleep 60'), acme, { signal: AbortSignal.timeout(100) })
  expect(run.status).toBe('cancelled')
})

it('leaves a run that is over as it is', async () => {
  const { engine } = createHarness()
  const run = await engine.run(bash('true'), acme)
  expect(await engine.cancel(run.id, acme)).toEqual(run)
})

it('cancels a run that another engine works on', async () => {
  const first = createHarness({ limits: { claimMs: 150 } })
  const second = createHarness({ adapters: [first.adapter], stores: first.stores })
  const { id } = await first.engine.submit(bash('sleep 60'), acme)
  await untilStatus(second.engine, id, 'running')
  expect(await second.engine.cancel(id, acme)).toMatchObject({ status: 'cancelled' })
  expect(await sandboxesOf(first.adapter)).toEqual([])
})

it('cancels what runs when an engine with a state of its own closes', async () => {
  const adapter = createMemoryAdapter()
  const { createEngine } = await import('../src/index.ts')
  const engine = createEngine({ adapters: [adapter] })
  const { id } = await engine.submit(bash('sleep 60'), acme)
  await untilStatus(engine, id, 'running')
  await engine.close()
  expect(await engine.get(id, acme)).toMatchObject({ status: 'cancelled' })
  expect(await sandboxesOf(adapter)).toEqual([])
  await expect(engine.submit(bash('true'), acme)).rejects.toMatchObject({ code: 'cancelled' })
})
