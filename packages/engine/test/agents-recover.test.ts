import { minuteMs, type OperationInput, type Run, type RunEvent } from '@caisson/core'
import { createMemoryAdapter, createMemoryWorld } from '@caisson/conformance/memory'
import { spanNames } from '@caisson/tracing'
import { expect, it } from 'vitest'
import { createEngine, createMemoryStores, type NewRunEvent, type Stores } from '../src/index.ts'
import { agents } from './support/agents.ts'
import { createCrash } from './support/crashable.ts'
import { createGenerations, limits, recoverWhenDead, untilOutput } from './support/generations.ts'
import { acme, createHarness, eventually, outputOf, sandboxesOf, toArray } from './support/harness.ts'
import { recordingSink } from './support/recording-sink.ts'

async function eventsOf(stores: Stores, { id, organization }: Run): Promise<readonly RunEvent[]> {
  return await stores.events.read(organization, id, { after: 0, limit: 1_000 })
}

/** How often each agent began and ended, in the order in which that was told. */
function agentsIn(events: readonly NewRunEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'agent' ? [`${event.name} ${event.status}`] : []))
}

const three = {
  one: 'echo one >> /shared/log; echo first; echo 1 > one.out',
  two: 'echo two >> /shared/log; for i in $(seq 1 12); do echo "line $i"; sleep 0.05; done; echo 2 > two.out',
  three: 'echo three >> /shared/log; cat /shared/log',
}

it('goes on with agents: one that had ended, one under way, one that had not begun', async () => {
  const { sink, spans } = recordingSink()
  const { first, crash, next, adapter, stores } = createGenerations()
  const submitted = await first.submit(agents(three, { concurrency: 1, share: {} }), acme)
  await untilOutput(stores, 'acme', submitted.id, 'first\nline 1\nline 2\n'.length)
  crash()
  expect(agentsIn(await eventsOf(stores, submitted))).toEqual(['one running', 'one succeeded', 'two running'])
  const { engine } = next({ sink })
  expect(await recoverWhenDead(engine)).toMatchObject({ resumed: 1, destroyed: 0 })

  const run = await engine.wait(submitted.id, acme)
  const lines = Array.from({ length: 12 }, (_, index) => `line ${index + 1}\n`).join('')
  const exited = { status: 'succeeded', outcome: { kind: 'exited', code: 0 } }
  expect(run).toMatchObject({
    status: 'succeeded',
    value: {
      agents: [
        { ...exited, name: 'one', value: { stdout: 'first\n', droppedBytes: 0 } },
        { ...exited, name: 'two', value: { stdout: lines, outputBytes: lines.length, droppedBytes: 0 } },
        { ...exited, name: 'three', value: { stdout: 'one\ntwo\nthree\n' } },
      ],
    },
    artifacts: [{ path: 'one/one.out' }, { path: 'two/two.out' }],
  })
  expect(run.attempts).toHaveLength(3)
  const events = await toArray(engine.events(run.id, acme))
  expect(outputOf(events, 'two')).toBe(lines)
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  expect(agentsIn(events).slice(3)).toEqual(['two succeeded', 'three running', 'three succeeded'])
  expect(events.flatMap((event) => (event.type === 'progress' ? [event.done] : []))).toEqual([1, 2, 3])
  expect(await sandboxesOf(adapter)).toEqual([])
  expect(await toArray(adapter.volumes?.list() ?? expect.fail())).toEqual([])
  await eventually(async () => spans.every(({ end }) => end !== undefined))
  const executed = spans.filter(({ start }) => start.name === spanNames.exec)
  expect(executed.map(({ start }) => start.metadata?.['slot'])).toEqual(['one', 'two', 'three'])
  expect(executed.map(({ end }) => end?.metadata?.['exitCode'])).toEqual([0, 0, 0])
})

/** An engine that dies as soon as it has stored this of an agent. */
async function crashAfter(operation: OperationInput, told: string) {
  const world = createMemoryWorld()
  const stores = createMemoryStores()
  const crash = createCrash()
  const events: Stores['events'] = {
    ...stores.events,
    append: async (...parameters) => {
      const sequence = await stores.events.append(...parameters)
      if (agentsIn(parameters[2]).includes(told)) crash.crash()
      return sequence
    },
  }
  const adapter = createMemoryAdapter({ world })
  const first = createEngine({
    adapters: [crash.adapter(createMemoryAdapter({ world }))],
    stores: crash.stores({ ...stores, events }),
    limits,
  })
  const submitted = await first.submit(operation, acme)
  await eventually(async () => agentsIn(await eventsOf(stores, submitted)).includes(told))
  const left = (await sandboxesOf(adapter)).length
  const { engine } = createHarness({ adapters: [adapter], stores, limits })
  await recoverWhenDead(engine)
  return { run: await engine.wait(submitted.id, acme), left, adapter, stores }
}

it('still cancels the others of one that failed before, with the output that they had', async () => {
  const codes = { slow: 'echo begun; touch a.out; sleep 60', bad: 'sleep 0.3; exit 1', late: 'echo x' }
  const { run, left, adapter, stores } = await crashAfter(
    agents(codes, { onFailure: 'cancel-all', concurrency: 2 }),
    'bad failed',
  )
  expect(left).toBe(2)
  expect(run).toMatchObject({
    status: 'failed',
    value: {
      agents: [
        { name: 'slow', status: 'cancelled', outcome: { kind: 'cancelled' }, value: { stdout: 'begun\n' } },
        { name: 'bad', status: 'failed', outcome: { kind: 'exited', code: 1 } },
        { name: 'late', status: 'cancelled', error: { code: 'cancelled' } },
      ],
    },
  })
  expect(agentsIn(await eventsOf(stores, run))).not.toContain('late running')
  expect(run.attempts).toHaveLength(2)
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('begins an agent that had its turn and no sandbox', async () => {
  const { run, left, adapter } = await crashAfter(agents({ ann: 'echo fine' }), 'ann running')
  expect(left).toBe(0)
  expect(run).toMatchObject({ status: 'succeeded', value: { agents: [{ value: { stdout: 'fine\n' } }] } })
  expect(run.attempts).toHaveLength(1)
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('gives what goes on after an interruption no more time than it had', async () => {
  const { first, crash, next, stores } = createGenerations()
  const operation = agents({ one: 'echo a; sleep 0.5; echo b', two: 'sleep 60' }, { concurrency: 1 })
  const { id } = await first.submit({ ...operation, timeoutMs: minuteMs }, acme)
  await untilOutput(stores, 'acme', id, 2)
  crash()
  const { engine } = next({ clock: { now: () => Date.now() + 2 * minuteMs } })
  await recoverWhenDead(engine)
  expect(await engine.wait(id, acme)).toMatchObject({
    status: 'failed',
    value: {
      agents: [{ status: 'succeeded', value: { stdout: 'a\nb\n' } }, { outcome: { kind: 'timed-out' } }],
    },
  })
})

it('counts the time of an agent from its turn, also when its sandbox came and nobody was there', async () => {
  const world = createMemoryWorld()
  const adapter = createMemoryAdapter({ world })
  const stores = createMemoryStores()
  const crash = createCrash()
  const made = Promise.withResolvers<void>()
  const create: typeof adapter.create = async (spec, options) => {
    await adapter.create(spec, options)
    crash.crash()
    made.resolve()
    return await new Promise<never>(() => undefined)
  }
  const first = createEngine({ adapters: [{ ...adapter, create }], stores: crash.stores(stores), limits })
  const operation = agents({ ann: 'sleep 60' })
  const timed = operation.input.agents.map((agent) => ({ ...agent, timeoutMs: minuteMs }))
  const { id } = await first.submit({ ...operation, input: { agents: timed }, timeoutMs: 10 * minuteMs }, acme)
  await made.promise
  const clock = { now: () => Date.now() + 2 * minuteMs }
  const { engine } = createHarness({ adapters: [createMemoryAdapter({ world })], stores, limits, clock })
  await recoverWhenDead(engine)
  expect(await engine.wait(id, acme)).toMatchObject({
    value: { agents: [{ outcome: { kind: 'timed-out' }, error: { message: `it was killed after ${minuteMs} ms` } }] },
  })
})

it('fails an agent whose sandbox is gone, and no other', async () => {
  const { first, crash, next, adapter, stores } = createGenerations()
  const submitted = await first.submit(agents({ ann: 'echo a; sleep 60', bob: 'echo b; sleep 0.5; echo c' }), acme)
  await untilOutput(stores, 'acme', submitted.id, 4)
  crash()
  const leases = await stores.leases.listByRun(submitted.organization, submitted.id)
  const sandbox = leases.find(({ slot }) => slot === 'ann')?.sandbox ?? expect.fail()
  await adapter.destroy(sandbox)
  const { engine } = next()
  await recoverWhenDead(engine)
  expect(await engine.wait(submitted.id, acme)).toMatchObject({
    status: 'failed',
    value: {
      agents: [
        { status: 'failed', error: { code: 'interrupted' } },
        { status: 'succeeded', value: { stdout: 'b\nc\n' } },
      ],
    },
  })
})
