import { SandboxError, type SandboxAdapter } from '@caisson/core'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import { expect, it, vi } from 'vitest'
import type { Stores } from '../src/index.ts'
import { createMemoryStores } from '../src/index.ts'
import { faultyAdapter, faultySandbox } from './support/faulty-adapter.ts'
import { acme, bash, createHarness, sandboxesOf } from './support/harness.ts'

/** Two adapters, of which the stronger one is preferred and has the faults. */
function withFaults(faults: (adapter: SandboxAdapter) => Partial<SandboxAdapter>, limits = {}) {
  const preferred = createMemoryAdapter({ name: 'preferred', isolation: 'gvisor' })
  const other = createMemoryAdapter({ name: 'other' })
  const harness = createHarness({ adapters: [faultyAdapter(preferred, faults(preferred)), other], limits })
  return { ...harness, preferred, other }
}

it('goes to the next candidate when a sandbox cannot be had, under the same decision', async () => {
  const { engine } = withFaults(() => ({
    create: async () => await Promise.reject(new SandboxError('quota-exceeded', 'preferred', 'no room')),
  }))
  const run = await engine.run(bash('echo fine'), acme)
  expect(run).toMatchObject({
    status: 'succeeded',
    decision: { placement: { adapter: 'preferred' } },
    attempts: [
      { adapter: 'preferred', error: { code: 'quota-exceeded' } },
      { adapter: 'other', acquired: 'cold' },
    ],
  })
})

it('tries once more what may succeed a second time', async () => {
  let calls = 0
  const { engine } = withFaults((adapter) => ({
    create: async (spec, options) => {
      calls += 1
      if (calls === 1) throw new SandboxError('unavailable', 'preferred', 'busy')
      return await adapter.create(spec, options)
    },
  }))
  const run = await engine.run(bash('true'), acme)
  expect(run.attempts).toMatchObject([{ adapter: 'preferred', acquired: 'cold' }])
  expect(calls).toBe(2)
})

it('gives up an adapter that hangs, and destroys what it brings later', async () => {
  const late = Promise.withResolvers<void>()
  const { engine, preferred } = withFaults(
    (adapter) => ({
      create: async (spec) => {
        await late.promise
        return await adapter.create(spec)
      },
    }),
    { createMs: 100 },
  )
  const run = await engine.run(bash('true'), acme)
  expect(run.attempts).toMatchObject([{ adapter: 'preferred', error: { code: 'timeout' } }, { adapter: 'other' }])
  late.resolve()
  await vi.waitFor(async () => expect(await sandboxesOf(preferred)).toEqual([]))
})

it('removes what a failed create left at the provider', async () => {
  const { engine, preferred } = withFaults((adapter) => ({
    create: async (spec, options) => {
      await adapter.create(spec, options)
      throw new SandboxError('provider', 'preferred', 'the connection broke after the sandbox was made')
    },
  }))
  expect((await engine.run(bash('true'), acme)).status).toBe('succeeded')
  await vi.waitFor(async () => expect(await sandboxesOf(preferred)).toEqual([]))
})

it('does not try elsewhere what would be wrong everywhere', async () => {
  const { engine } = withFaults(() => ({
    create: async () =>
      await Promise.reject(new SandboxError('invalid-argument', 'preferred', 'no', { field: 'template' })),
  }))
  const run = await engine.run(bash('true'), acme)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'invalid-argument', field: 'template' } })
  expect(run.attempts).toHaveLength(1)
})

it('fails with the last reason when nobody has a sandbox', async () => {
  const refuse = async () => await Promise.reject(new SandboxError('quota-exceeded', 'x', 'no room'))
  const { engine } = createHarness({
    adapters: [
      faultyAdapter(createMemoryAdapter({ name: 'one' }), { create: refuse }),
      faultyAdapter(createMemoryAdapter({ name: 'two' }), { create: refuse }),
    ],
  })
  const run = await engine.run(bash('true'), acme)
  expect(run).toMatchObject({ status: 'failed', error: { kind: 'sandbox', code: 'quota-exceeded' } })
  expect(run.attempts.map(({ adapter }) => adapter).toSorted()).toEqual(['one', 'two'])
  expect(await engine.leases(acme)).toEqual([])
})

it('replaces a sandbox that is lost before the code began', async () => {
  const { engine, preferred } = withFaults((adapter) => ({
    create: async (spec, options) => {
      const sandbox = await adapter.create(spec, options)
      const write: typeof sandbox.files.write = async (...parameters) => {
        await sandbox.destroy()
        return await sandbox.files.write(...parameters)
      }
      return faultySandbox(sandbox, { files: { ...sandbox.files, write } })
    },
  }))
  const run = await engine.run(bash('echo fine'), acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { stdout: 'fine\n' } })
  expect(run.attempts).toMatchObject([
    { adapter: 'preferred', acquired: 'cold' },
    { adapter: 'preferred', error: { code: 'sandbox-not-found' } },
    { adapter: 'other', acquired: 'cold' },
  ])
  expect(await sandboxesOf(preferred)).toEqual([])
})

it('never runs code twice when its sandbox is lost on the way', async () => {
  const { engine, preferred, other } = withFaults(() => ({}))
  const { id } = await engine.submit(bash('echo begun; sleep 60'), acme)
  await vi.waitFor(async () => expect(JSON.stringify(await engine.get(id, acme))).toContain('cold'))
  const reader = engine.events(id, acme)[Symbol.asyncIterator]()
  for (let next = await reader.next(); next.value?.type !== 'output'; next = await reader.next());
  for (const info of await sandboxesOf(preferred)) await preferred.destroy(info.id)
  const run = await engine.wait(id, acme)
  expect(run).toMatchObject({ status: 'failed', error: { kind: 'sandbox', code: 'sandbox-not-found' } })
  expect(run.attempts).toHaveLength(1)
  expect(await sandboxesOf(other)).toEqual([])
})

it('leaves an adapter out that keeps failing', async () => {
  const { engine } = withFaults(() => ({
    create: async () => await Promise.reject(new SandboxError('provider', 'preferred', 'broken')),
  }))
  for (let index = 0; index < 5; index += 1) await engine.run(bash('true'), acme)
  const decision = await engine.decide(bash('true'), acme)
  expect(decision.placement).toMatchObject({ adapter: 'other' })
  expect(JSON.stringify(decision.candidates.find(({ adapter }) => adapter === 'preferred'))).toContain('failed')
})

it('takes a probe that hangs or throws for an unhealthy adapter', async () => {
  const { engine } = withFaults(() => ({ probe: async () => await Promise.reject(new Error('no route')) }))
  expect((await engine.run(bash('true'), acme)).attempts).toMatchObject([{ adapter: 'other' }])
})

it('stores every change although others keep changing the run', async () => {
  const stores = createMemoryStores()
  let conflicts = 0
  const contended: Stores = {
    ...stores,
    runs: {
      ...stores.runs,
      update: async (known, change) => {
        if (conflicts++ % 2 === 0) {
          const record = await stores.runs.get(known.run.organization, known.run.id)
          await stores.runs.update(record ?? known, {})
        }
        return await stores.runs.update(known, change)
      },
    },
  }
  const { engine } = createHarness({ stores: contended })
  const run = await engine.run(bash('echo fine'), acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { stdout: 'fine\n' }, attempts: [{ adapter: 'memory' }] })
  expect(conflicts).toBeGreaterThan(4)
})
