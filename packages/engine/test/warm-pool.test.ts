import { createMemoryAdapter } from '@caisson/conformance/memory'
import { expect, it } from 'vitest'
import { createEngine, createMemoryStores, createWarmPool } from '../src/index.ts'
import { faultyAdapter } from './support/faulty-adapter.ts'
import { acme, bash, createHarness, eventually, globex, sandboxesOf } from './support/harness.ts'

const spec = { resources: { cpus: 1 } }

it('takes a sandbox from the pool, fills it again, and never gives one back', async () => {
  const adapter = createMemoryAdapter()
  const { engine } = createHarness({ adapters: [adapter], warmPool: [{ adapter: 'memory', spec, size: 2 }] })
  await engine.ready()
  const pooled = new Set((await sandboxesOf(adapter)).map(({ id }) => id))
  const first = await engine.run(bash('echo one > ~/left-behind'), acme)
  const second = await engine.run(bash('cat ~/left-behind'), globex)
  expect(first.attempts).toMatchObject([{ acquired: 'warm' }])
  expect(pooled.has(first.attempts[0]?.sandbox ?? ('' as never))).toBe(true)
  expect(second.attempts).toMatchObject([{ acquired: 'warm' }])
  expect(second.status).toBe('failed')
  expect(second.attempts[0]?.sandbox).not.toBe(first.attempts[0]?.sandbox)
  await engine.ready()
  const now = (await sandboxesOf(adapter)).map(({ id }) => id)
  expect(now).not.toContain(first.attempts[0]?.sandbox)
  await engine.close()
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('does not take one that was made for something else', async () => {
  const adapter = createMemoryAdapter()
  const { engine } = createHarness({ adapters: [adapter], warmPool: [{ adapter: 'memory', spec, size: 1 }] })
  await engine.ready()
  const run = await engine.run({ ...bash('true'), resources: { cpus: 2 } }, acme)
  expect(run.attempts).toMatchObject([{ acquired: 'cold' }])
})

it('makes a new one when the one from the pool turns out dead', async () => {
  const adapter = createMemoryAdapter()
  const { engine } = createHarness({ adapters: [adapter], warmPool: [{ adapter: 'memory', spec, size: 1 }] })
  await engine.ready()
  const [dead] = await sandboxesOf(adapter)
  if (dead === undefined) expect.fail('no sandbox')
  await adapter.destroy(dead.id)
  const run = await engine.run(bash('echo fine'), acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { stdout: 'fine\n' } })
  expect(run.attempts.at(-1)).toMatchObject({ acquired: 'cold' })
})

it('finds a run in a sandbox of the pool again after a crash', async () => {
  const adapter = createMemoryAdapter()
  const stores = createMemoryStores()
  const first = createEngine({ adapters: [adapter], stores, warmPool: [{ adapter: 'memory', spec, size: 1 }] })
  await first.ready()
  const { id } = await first.submit(bash('echo a; sleep 0.3; echo b'), acme)
  await eventually(async () => (await first.get(id, acme)).attempts.length === 1)
  await first.close()
  const { engine } = createHarness({ adapters: [adapter], stores })
  expect(await engine.recover()).toEqual({ resumed: 1, destroyed: 0, closed: 0 })
  expect(await engine.wait(id, acme)).toMatchObject({ status: 'succeeded', value: { stdout: 'a\nb\n' } })
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('prolongs what waits and replaces what died', async () => {
  const adapter = createMemoryAdapter()
  const pool = createWarmPool({
    entries: [{ adapter: 'memory', spec: { ...spec, ttlMs: 60_000 }, size: 2 }],
    adapters: [adapter],
    labels: {},
    logger: { info: () => undefined, warn: () => undefined },
  })
  await pool.ready()
  const [dead, alive] = await sandboxesOf(adapter)
  if (dead === undefined || alive === undefined) expect.fail('not filled')
  await adapter.destroy(dead.id)
  await new Promise((resolve) => setTimeout(resolve, 5))
  await pool.refresh()
  await pool.ready()
  const now = await sandboxesOf(adapter)
  expect(now).toHaveLength(2)
  expect(now.find(({ id }) => id === alive.id)?.expiresAtMs).toBeGreaterThan(alive.expiresAtMs)
  await pool.drain()
  expect(await sandboxesOf(adapter)).toEqual([])
  expect(pool.take('memory', spec)).toBeUndefined()
})

it('works without the pool while it cannot be filled', async () => {
  const memory = createMemoryAdapter()
  let broken = true
  const adapter = faultyAdapter(memory, {
    create: async (wanted, options) => {
      if (broken && wanted.labels?.['pool'] !== undefined) throw new Error('not now')
      return await memory.create(wanted, options)
    },
  })
  const { engine } = createHarness({ adapters: [adapter], warmPool: [{ adapter: 'memory', spec, size: 1 }] })
  expect((await engine.run(bash('true'), acme)).attempts).toMatchObject([{ acquired: 'cold' }])
  broken = false
  await engine.close()
  expect(await sandboxesOf(memory)).toEqual([])
})

it('does not wait for ever for an adapter that heeds no signal', async () => {
  const memory = createMemoryAdapter()
  const late = Promise.withResolvers<void>()
  const adapter = faultyAdapter(memory, {
    create: async (wanted) => {
      await late.promise
      return await memory.create(wanted)
    },
  })
  const pool = createWarmPool({
    entries: [{ adapter: 'memory', spec, size: 1 }],
    adapters: [adapter],
    labels: {},
    logger: { info: () => undefined, warn: () => undefined },
    answerMs: 50,
  })
  await pool.drain()
  late.resolve()
  await pool.ready()
  expect(await sandboxesOf(memory)).toEqual([])
})
