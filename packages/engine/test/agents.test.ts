import { createMemoryAdapter } from '@caisson/conformance/memory'
import { expect, it, vi } from 'vitest'
import { agents } from './support/agents.ts'
import { acme, createHarness, outputOf, sandboxesOf, toArray } from './support/harness.ts'

it('runs each agent in a sandbox of its own', async () => {
  const { engine, adapter } = createHarness()
  const code = 'test -e mark && exit 9; touch mark; echo "$0"; echo made > it.out'
  const run = await engine.run(agents({ ann: `${code}; echo I am ann`, bob: `${code}; echo I am bob` }), acme)
  expect(run.status).toBe('succeeded')
  expect(run.value).toMatchObject({
    agents: [
      { name: 'ann', status: 'succeeded', value: { stdout: expect.stringContaining('I am ann') } },
      { name: 'bob', status: 'succeeded', value: { stdout: expect.stringContaining('I am bob') } },
    ],
  })
  expect(new Set(run.attempts.map(({ sandbox }) => sandbox)).size).toBe(2)
  expect(run.artifacts.map(({ path }) => path).toSorted()).toEqual(['ann/it.out', 'bob/it.out'])
  expect(await sandboxesOf(adapter)).toEqual([])
  const events = await toArray(engine.events(run.id, acme))
  expect(outputOf(events, 'bob')).toContain('I am bob')
  expect(events.filter(({ type }) => type === 'progress')).toMatchObject([
    { done: 1, total: 2 },
    { done: 2, total: 2 },
  ])
})

it('gives the agents of a session a sandbox each, and each its own again', async () => {
  const { engine } = createHarness()
  const count = 'echo >> ~/visits; wc -l < ~/visits'
  const operation = { ...agents({ ann: count, bob: count }), session: 'team' }
  const visits = async (): Promise<unknown> => (await engine.run(operation, acme)).value
  const both = (stdout: string) => ({ agents: [{ value: { stdout } }, { value: { stdout } }] })
  expect(await visits()).toMatchObject(both('1\n'))
  expect(await visits()).toMatchObject(both('2\n'))
})

it('asks all agents one query, which those read that have nothing else to read', async () => {
  const { engine } = createHarness()
  const operation = agents({ ann: 'cat', bob: 'cat' }, { query: 'Which of them is late?' })
  if (operation.kind !== 'agents.parallel') expect.fail()
  const [ann, bob] = operation.input.agents
  if (ann === undefined || bob?.task.kind !== 'code.execute') expect.fail()
  const own = { ...bob, task: { ...bob.task, input: { ...bob.task.input, stdin: 'my own' } } }
  const run = await engine.run({ ...operation, input: { ...operation.input, agents: [ann, own] } }, acme)
  expect(run.value).toMatchObject({
    agents: [{ value: { stdout: 'Which of them is late?' } }, { value: { stdout: 'my own' } }],
  })
})

it('lets agents exchange files in a directory that goes with the run', async () => {
  const { engine, adapter } = createHarness()
  const codes = {
    writer: 'echo found > /shared/answer.tmp && mv /shared/answer.tmp /shared/answer',
    reader: 'while ! test -e /shared/answer; do sleep 0.01; done; cat /shared/answer',
  }
  const run = await engine.run(agents(codes, { share: {} }), acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { agents: [{}, { value: { stdout: 'found\n' } }] } })
  if (adapter.volumes === undefined) expect.fail('no volumes')
  expect(await toArray(adapter.volumes.list())).toEqual([])
})

it('shares nothing where nobody can, and not beyond the run', async () => {
  const poor = createHarness({ adapters: [createMemoryAdapter({ without: ['volumes'] })] })
  const denied = await poor.engine.run(agents({ ann: 'true' }, { share: {} }), acme)
  expect(denied.status).toBe('denied')
  expect(JSON.stringify(denied.decision?.candidates)).toContain('Lacks the feature volumes')
  const { engine } = createHarness()
  const kept = await engine.run({ ...agents({ ann: 'true' }, { share: {} }), session: 'team' }, acme)
  expect(kept.error).toMatchObject({ code: 'invalid-operation', field: 'input.share' })
})

it('ends an agent at its own deadline, and no other', async () => {
  const { engine } = createHarness()
  const operation = agents({ slow: 'echo begun; sleep 30', quick: 'sleep 0.3; echo done' })
  if (operation.kind !== 'agents.parallel') expect.fail()
  const [slow, quick] = operation.input.agents
  if (slow === undefined || quick === undefined) expect.fail()
  const input = { ...operation.input, agents: [{ ...slow, timeoutMs: 200 }, quick] }
  expect(await engine.run({ ...operation, input }, acme)).toMatchObject({
    status: 'failed',
    value: {
      agents: [
        { name: 'slow', status: 'failed', outcome: { kind: 'timed-out' }, value: { stdout: 'begun\n' } },
        { name: 'quick', status: 'succeeded', value: { stdout: 'done\n' } },
      ],
    },
  })
})

it('runs no more at one time than was asked for', async () => {
  const { engine, adapter } = createHarness()
  let most = 0
  const create = adapter.create
  const counting = {
    ...adapter,
    create: async (...parameters: Parameters<typeof create>) => {
      const sandbox = await create(...parameters)
      most = Math.max(most, (await sandboxesOf(adapter)).length)
      return sandbox
    },
  }
  const { engine: counted } = createHarness({ adapters: [counting] })
  const codes = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`a${index}`, 'sleep 0.02']))
  expect((await counted.run(agents(codes, { concurrency: 2 }), acme)).status).toBe('succeeded')
  expect(most).toBe(2)
  await engine.close()
})

it('keeps the results of the others when one fails', async () => {
  const { engine } = createHarness()
  const run = await engine.run(agents({ good: 'echo fine', bad: 'echo oh >&2; exit 1' }), acme)
  expect(run).toMatchObject({
    status: 'failed',
    value: {
      agents: [
        { name: 'good', status: 'succeeded', value: { stdout: 'fine\n' } },
        { name: 'bad', status: 'failed', outcome: { kind: 'exited', code: 1 }, value: { stderr: 'oh\n' } },
      ],
    },
  })
})

it('cancels the others when that was asked for', async () => {
  const { engine, adapter } = createHarness()
  const run = await engine.run(
    agents({ slow: 'sleep 60', bad: 'exit 1', late: 'echo x' }, { onFailure: 'cancel-all', concurrency: 2 }),
    acme,
  )
  expect(run).toMatchObject({
    status: 'failed',
    value: { agents: [{ status: 'cancelled' }, { status: 'failed' }, { status: 'cancelled' }] },
  })
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('cancels all agents with the run', async () => {
  const { engine, adapter } = createHarness()
  const { id } = await engine.submit(agents({ one: 'sleep 60', two: 'sleep 60' }), acme)
  await vi.waitFor(async () => expect((await engine.get(id, acme)).attempts).toHaveLength(2))
  expect(await engine.cancel(id, acme)).toMatchObject({
    status: 'cancelled',
    value: { agents: [{ status: 'cancelled' }, { status: 'cancelled' }] },
  })
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('gives all agents together the time of the run', async () => {
  const { engine } = createHarness()
  const run = await engine.run(
    { ...agents({ one: 'sleep 0.15', two: 'sleep 60' }, { concurrency: 1 }), timeoutMs: 400 },
    acme,
  )
  expect(run.value).toMatchObject({ agents: [{ status: 'succeeded' }, { outcome: { kind: 'timed-out' } }] })
})

it('refuses two agents of one name', async () => {
  const { engine } = createHarness()
  const operation = agents({ ann: 'true' })
  if (operation.kind !== 'agents.parallel') expect.fail('not agents')
  const twice = [...operation.input.agents, ...operation.input.agents]
  await expect(engine.submit({ kind: 'agents.parallel', input: { agents: twice } }, acme)).rejects.toMatchObject({
    code: 'invalid-operation',
    field: 'input.agents.1.name',
  })
})
