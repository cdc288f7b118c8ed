import type { OperationInput, SandboxAdapter } from '@caisson/core'
import { createMemoryAdapter, createMemoryWorld } from '@caisson/conformance/memory'
import { createPolicy } from '@caisson/router'
import { expect, it } from 'vitest'
import { createEngine, createMemoryStores } from '../src/index.ts'
import { createCrash } from './support/crashable.ts'
import { createGenerations, limits, recoverWhenDead, untilOutput } from './support/generations.ts'
import {
  acme,
  bash,
  createHarness,
  eventually,
  globex,
  outputOf,
  sandboxesOf,
  toArray,
  untilStatus,
} from './support/harness.ts'

it('re-attaches to what still runs and loses no output', async () => {
  const { first, crash, next, adapter, stores } = createGenerations()
  const code = 'for i in $(seq 1 40); do echo "line $i"; sleep 0.02; done; echo made > it.txt'
  const { id } = await first.submit(bash(code, { artifacts: ['it.txt'] }), acme)
  await untilOutput(stores, 'acme', id, 30)
  crash()
  const { engine } = next()
  expect(await recoverWhenDead(engine)).toMatchObject({ resumed: 1, destroyed: 0 })
  const run = await engine.wait(id, acme)
  const expected = Array.from({ length: 40 }, (_, index) => `line ${index + 1}\n`).join('')
  expect(run).toMatchObject({
    status: 'succeeded',
    value: { stdout: expected, droppedBytes: 0, outputBytes: expected.length },
    artifacts: [{ path: 'it.txt' }],
  })
  expect(run.attempts).toHaveLength(1)
  const events = await toArray(engine.events(id, acme))
  expect(outputOf(events)).toBe(expected)
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  expect(await sandboxesOf(adapter)).toEqual([])
  expect(run.usage.leasedMs).toBeGreaterThan(500)
})

it('finishes a run whose process ended while nobody watched', async () => {
  const { first, crash, next, stores } = createGenerations()
  const { id } = await first.submit(bash('echo one; sleep 0.1; echo two; exit 3'), acme)
  await untilOutput(stores, 'acme', id, 4)
  crash()
  await new Promise((resolve) => setTimeout(resolve, 250))
  const { engine } = next()
  await recoverWhenDead(engine)
  expect(await engine.wait(id, acme)).toMatchObject({
    status: 'failed',
    outcome: { kind: 'exited', code: 3 },
    value: { stdout: 'one\ntwo\n' },
  })
})

it('starts a run that had no sandbox yet, under the same decision', async () => {
  const { first, crash, next, stores, adapter } = createGenerations()
  const submitted = await first.submit(bash('echo fine'), acme, { runId: 'early' })
  crash()
  const { engine } = next()
  await recoverWhenDead(engine)
  const before = (await stores.runs.get(submitted.organization, submitted.id))?.run.decision
  const run = await engine.wait('early', acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { stdout: 'fine\n' } })
  if (before !== undefined) expect(run.decision).toEqual(before)
  await eventually(async () => (await engine.recover(), (await sandboxesOf(adapter)).length === 0))
})

/** Kills the engine inside the adapter's `create`: before or after the sandbox is made. */
async function crashInCreate(when: 'before' | 'after') {
  const world = createMemoryWorld()
  const adapter = createMemoryAdapter({ world })
  const stores = createMemoryStores()
  const crash = createCrash()
  const reached = Promise.withResolvers<void>()
  const dying: SandboxAdapter = {
    ...adapter,
    create: async (spec, options) => {
      if (when === 'after') await adapter.create(spec, options)
      crash.crash()
      reached.resolve()
      return await new Promise<never>(() => undefined)
    },
  }
  const first = createEngine({ adapters: [dying], stores: crash.stores(stores), limits })
  const { id } = await first.submit(bash('echo once >> /tmp/count; cat /tmp/count'), acme)
  await reached.promise
  return { ...createHarness({ adapters: [createMemoryAdapter({ world })], stores, limits }), id, adapter }
}

it.each(['before', 'after'] as const)('runs code once when the engine died %s its sandbox was made', async (when) => {
  const { id, engine, adapter } = await crashInCreate(when)
  await recoverWhenDead(engine)
  expect(await engine.wait(id, acme)).toMatchObject({ status: 'succeeded', value: { stdout: 'once\n' } })
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('goes on with a run that a person agreed to, and does not ask again', async () => {
  const policy = createPolicy({
    name: 'asking',
    version: '1',
    extends: 'default',
    guards: [{ id: 'ask', when: { kind: 'code.execute' }, then: { approval: {} }, reason: 'ask', text: 'Ask.' }],
  })
  const { first, crash, next, stores } = createGenerations({ policy })
  const { id } = await first.submit(bash('echo a; sleep 0.5; echo b'), acme)
  const approval = await eventually(async () => (await first.approvals.list(acme, { state: 'pending' }))[0])
  await first.approvals.grant(approval.id, acme, { by: 'bob' })
  await untilOutput(stores, 'acme', id, 2)
  crash()
  const { engine } = next()
  await recoverWhenDead(engine)
  expect(await engine.wait(id, acme)).toMatchObject({ status: 'succeeded', value: { stdout: 'a\nb\n' } })
  expect(await engine.approvals.list(acme)).toMatchObject([{ state: 'used' }])
})

it('fails a run whose sandbox is gone, and says what to do', async () => {
  const { first, crash, next, adapter, stores } = createGenerations()
  const { id } = await first.submit(bash('echo begun; sleep 60'), acme)
  await untilOutput(stores, 'acme', id, 6)
  crash()
  for (const info of await sandboxesOf(adapter)) await adapter.destroy(info.id)
  const { engine } = next()
  await recoverWhenDead(engine)
  expect(await engine.wait(id, acme)).toMatchObject({ status: 'failed', error: { code: 'interrupted' } })
})

it('does not call a host function again that was called before', async () => {
  let calls = 0
  const read: OperationInput = { kind: 'database.read', input: { query: 'q' } }
  const hostFunctions = {
    'database.read': async () => {
      calls += 1
      return await new Promise<never>(() => undefined)
    },
  }
  const { first, crash, next } = createGenerations({ hostFunctions })
  const { id } = await first.submit(read, acme)
  await eventually(async () => calls === 1)
  crash()
  const { engine } = next()
  await recoverWhenDead(engine)
  expect(await engine.wait(id, acme)).toMatchObject({ status: 'failed', error: { code: 'interrupted' } })
  expect(calls).toBe(1)
})

it('goes on with a batch: what was done stays done, what was under way is done again', async () => {
  const { first, crash, next, adapter, stores } = createGenerations()
  const code = 'read n; [ "$CAISSON_BATCH_ATTEMPT$n" = 12 ] && sleep 60; echo "$n.$CAISSON_BATCH_ATTEMPT"'
  const { id, organization } = await first.submit(
    {
      kind: 'batch.run',
      input: { task: { language: 'bash', code }, items: [1, 2, 3], concurrency: 1, retry: { delayMs: 0 } },
    },
    acme,
  )
  await eventually(async () => (await stores.batches.get({ organization, run: id }))?.counts.succeeded === 1)
  await eventually(async () => (await stores.batches.get({ organization, run: id }))?.counts.running === 1)
  crash()
  const { engine } = next()
  await eventually(async () => (await engine.recover()).resumed === 1)
  expect(await engine.wait(id, acme)).toMatchObject({
    status: 'succeeded',
    value: { items: [{ result: 1.1 }, { result: 2.2, attempts: 2 }, { result: 3.1 }] },
  })
  // One that was being made in the moment of the crash belongs to nobody.
  await eventually(async () => {
    await engine.recover()
    return (await sandboxesOf(adapter)).length === 0
  })
})

it('hands a batch on when it closes: what it had in hand counts as not begun', async () => {
  const { first, next, adapter, stores } = createGenerations({ limits: {} })
  const code = 'read n; [ "$n" = 1 ] || sleep 1; echo "$n.$CAISSON_BATCH_ATTEMPT"'
  const { id, organization } = await first.submit(
    { kind: 'batch.run', input: { task: { language: 'bash', code }, items: [1, 2, 3], concurrency: 1 } },
    acme,
  )
  const counts = async () => (await stores.batches.get({ organization, run: id }))?.counts
  await eventually(async () => (await counts())?.succeeded === 1 && (await counts())?.running === 1)
  await first.close()
  expect(await counts()).toMatchObject({ succeeded: 1, running: 0, waiting: 2 })
  expect(await sandboxesOf(adapter)).toEqual([])
  const { engine } = next()
  await eventually(async () => (await engine.recover()).resumed === 1)
  expect(await engine.wait(id, acme)).toMatchObject({
    status: 'succeeded',
    value: { items: [{ result: 1.1 }, { result: 2.1 }, { result: 3.1 }] },
  })
})

it('leaves the runs of the living alone', async () => {
  const stores = createMemoryStores()
  const adapter = createMemoryAdapter()
  const one = createHarness({ stores, adapters: [adapter], limits })
  const two = createHarness({ stores, adapters: [adapter], limits })
  const { id } = await one.engine.submit(bash('sleep 0.7; echo done'), acme)
  for (let index = 0; index < 5; index += 1) {
    expect(await two.engine.recover()).toEqual({ resumed: 0, destroyed: 0, closed: 0 })
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  expect(await one.engine.wait(id, acme)).toMatchObject({ status: 'succeeded', value: { stdout: 'done\n' } })
})

it('takes a run over once, however many engines want it', async () => {
  const { first, crash, next, stores } = createGenerations()
  const { id } = await first.submit(bash('echo a; sleep 0.5; echo b'), acme)
  await untilOutput(stores, 'acme', id, 2)
  crash()
  const engines = [next().engine, next().engine, next().engine]
  await eventually(async () => {
    const reports = await Promise.all(engines.map(async (engine) => await engine.recover()))
    const resumed = reports.reduce((total, report) => total + report.resumed, 0)
    expect(resumed).toBeLessThanOrEqual(1)
    return resumed === 1
  })
  const run = await engines[0]?.wait(id, acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { stdout: 'a\nb\n' } })
})

it('leaves runs to the next engine when it closes, at once', async () => {
  const { first, next, stores } = createGenerations()
  const { id } = await first.submit(bash('echo a; sleep 0.3; echo b'), acme)
  await untilOutput(stores, 'acme', id, 2)
  await first.close()
  const { engine } = next()
  expect(await engine.recover()).toMatchObject({ resumed: 1 })
  expect(await engine.wait(id, acme)).toMatchObject({ status: 'succeeded', value: { stdout: 'a\nb\n' } })
})

it('stops working on a run that another engine has taken over', async () => {
  let now = Date.now()
  const stores = createMemoryStores()
  const adapter = createMemoryAdapter()
  const one = createHarness({ stores, adapters: [adapter], clock: { now: () => now } })
  const { id } = await one.engine.submit(bash('echo a; sleep 0.3; echo b'), acme)
  await untilOutput(stores, 'acme', id, 2)
  now += 60_000
  const two = createHarness({ stores, adapters: [adapter], clock: { now: () => now } })
  expect(await two.engine.recover()).toMatchObject({ resumed: 1 })
  const run = await two.engine.wait(id, acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { stdout: 'a\nb\n' } })
  const statuses = (await toArray(two.engine.events(id, acme))).flatMap((event) =>
    event.type === 'status' ? [event.status] : [],
  )
  expect(statuses.filter((status) => status === 'succeeded')).toHaveLength(1)
})

it('destroys sandboxes that nobody owns, and no others', async () => {
  const adapter = createMemoryAdapter()
  const { engine, stores } = createHarness({ adapters: [adapter] })
  const labels = { state: stores.id, organization: 'acme', run: 'unknown', owner: 'dead' }
  const orphan = await adapter.create({ labels })
  const stranger = await adapter.create({ labels: { ...labels, state: 'another' } })
  const unlabelled = await adapter.create({})
  const session = await adapter.create({ labels: { ...labels, session: 'abc' } })
  const pooled = await adapter.create({ labels: { state: stores.id, owner: 'dead', pool: 'warm' } })
  expect(await engine.recover()).toEqual({ resumed: 0, destroyed: 2, closed: 0 })
  const left = (await sandboxesOf(adapter)).map(({ id }) => id)
  expect(left).not.toContain(orphan.id)
  expect(left).not.toContain(pooled.id)
  expect(left.toSorted()).toEqual([stranger.id, unlabelled.id, session.id].toSorted())
})

it('shows and ends only the sandboxes of the organization', async () => {
  const adapter = createMemoryAdapter()
  const { engine } = createHarness({ adapters: [adapter] })
  const { id } = await engine.submit(bash('sleep 60'), acme)
  await untilStatus(engine, id, 'running')
  const [info] = await eventually(async () => {
    const found = await toArray(engine.sandboxes.list(acme))
    return found.length === 1 && found
  })
  if (info === undefined) expect.fail('no sandbox')
  expect(info.labels).toMatchObject({ organization: 'acme', run: id, owner: engine.ownerId })
  expect(await toArray(engine.sandboxes.list(globex))).toEqual([])
  expect(await engine.sandboxes.destroy({ adapter: 'memory', id: info.id }, globex)).toBe('absent')
  expect(await engine.sandboxes.destroy({ adapter: 'memory', id: info.id }, acme)).toBe('destroyed')
  expect((await engine.wait(id, acme)).status).toBe('failed')
})
