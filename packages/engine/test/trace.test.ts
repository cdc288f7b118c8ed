import { spanNames } from '@caisson/tracing'
import type { OperationInput } from '@caisson/core'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import { expect, it } from 'vitest'
import { createEgressFeed } from '../src/index.ts'
import { faultyAdapter, faultySandbox } from './support/faulty-adapter.ts'
import { acme, bash, createHarness, eventually, toArray } from './support/harness.ts'
import { recordingSink } from './support/recording-sink.ts'

it('tells the way of an operation as spans, each of which ends', async () => {
  const { sink, spans, scores } = recordingSink()
  const { engine } = createHarness({ sink })
  const tool = `${spanNames.tool} code.execute`
  await engine.run(bash('true'), { ...acme, agentName: 'helper' })
  expect(spans.map(({ start, parent }) => [start.name, parent])).toEqual([
    [spanNames.agent, undefined],
    [tool, spanNames.agent],
    [spanNames.decide, tool],
    [spanNames.acquire, tool],
    [spanNames.acquire, tool],
    [spanNames.exec, tool],
    [spanNames.release, tool],
  ])
  await eventually(async () => spans.every(({ end }) => end !== undefined))
  const decided = spans.find(({ start }) => start.name === spanNames.decide)
  const executed = spans.find(({ start }) => start.name === spanNames.exec)
  expect(executed?.end).toMatchObject({
    output: { outcome: { kind: 'exited', code: 0 }, truncated: false },
    metadata: { exitCode: 0, timed_out: false, oom: false },
  })
  expect(decided?.end).toMatchObject({
    output: {
      verdict: 'sandbox',
      level: expect.any(String),
      reasons: expect.arrayContaining([expect.objectContaining({ code: 'untrusted-code', rule: expect.any(String) })]),
    },
    metadata: {
      policy_hash: expect.any(String),
      rule_ids: expect.any(String),
      risk_score: expect.any(Number),
      decision_source: 'rule',
      alternatives: [{ adapter: 'memory', verdict: 'chosen' }],
    },
  })
  expect(scores).toEqual([{ name: 'policy.verdict', value: 'sandbox', comment: 'untrusted-code' }])
  expect(spans[0]?.start).toMatchObject({ organization: 'acme', userId: 'agent-1', tags: ['code.execute', 'acme'] })
  expect(spans.find(({ start }) => start.name === tool)?.end).toMatchObject({
    usage: { leased_ms: expect.any(Number) },
    costUsd: expect.any(Number),
  })
})

it('keeps what is secret out of traces and events', async () => {
  const { sink, spans } = recordingSink()
  const { engine } = createHarness({ sink, adapters: [createMemoryAdapter()] })
  const secret = 'CANARY'
  const operations: OperationInput[] = [
    bash(`true # ${secret}`, {
      env: { TOKEN: secret },
      stdin: secret,
      files: [{ path: 'secret.txt', content: { text: secret } }],
    }),
    { kind: 'command.run', input: { argv: ['true', `--password=${secret}`], env: { TOKEN: secret } } },
    {
      kind: 'http.request',
      input: { url: `https://example.com/?key=${secret}`, headers: { authorization: secret }, body: secret },
    },
    { kind: 'database.read', input: { query: 'q', parameters: { password: secret } } },
    { kind: 'entity.write', input: { entity: 'user', id: '1', value: { password: secret } } },
  ]
  for (const operation of operations) {
    const { id } = await engine.submit(operation, acme)
    const run = await engine.cancel(id, acme)
    expect(JSON.stringify(await toArray(engine.events(run.id, acme)))).not.toContain(secret)
  }
  for (const operation of operations.slice(0, 2)) await engine.run(operation, acme)
  expect(JSON.stringify(spans)).not.toContain(secret)
})

it('hands its trace on to what runs in the sandbox', async () => {
  const { engine } = createHarness({ adapters: [createMemoryAdapter()] })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const run = await engine.run(
    { kind: 'command.run', input: { argv: ['printenv', 'TRACEPARENT'] } },
    { ...acme, traceparent },
  )
  expect(run.value).toMatchObject({
    stdout: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-[\da-f]{16}-01\n$/),
  })
})

it('tells of all agents of a run in one tree, whatever becomes of each', async () => {
  const { sink, spans } = recordingSink()
  const { engine } = createHarness({ sink })
  const code = { one: 'true', two: 'exit 1', three: 'true' }
  const agents = Object.entries(code).map(([name, text]) => ({
    name,
    task: { kind: 'code.execute' as const, input: { language: 'bash' as const, code: text } },
  }))
  await engine.run({ kind: 'agents.parallel', input: { agents, concurrency: 2 } }, { ...acme, agentName: 'lead' })
  await eventually(async () => spans.every(({ end }) => end !== undefined))
  expect(spans.filter(({ parent }) => parent === undefined).map(({ start }) => start.name)).toEqual([spanNames.agent])
  const tool = `${spanNames.tool} agents.parallel`
  const executed = spans.filter(({ start }) => start.name === spanNames.exec)
  expect(executed.map(({ parent }) => parent)).toEqual([tool, tool, tool])
  expect(executed.filter(({ end }) => end?.metadata?.['exitCode'] === 1)).toHaveLength(1)
  expect(spans.filter(({ start }) => start.name === spanNames.decide)).toHaveLength(1)
})

it('tells of connections that were denied where they belong, and of none after the sandbox is gone', async () => {
  const { sink, spans } = recordingSink()
  const egress = createEgressFeed()
  const memory = createMemoryAdapter()
  let used = ''
  const adapter = faultyAdapter(memory, {
    create: async (spec, options) => {
      const sandbox = await memory.create(spec, options)
      used = sandbox.id
      const { processes } = sandbox
      const spawn: typeof processes.spawn = async (...parameters) => {
        egress.tell({ sandbox: used, host: 'evil.example', port: 443, reason: 'not-allowed' })
        return await processes.spawn(...parameters)
      }
      return faultySandbox(sandbox, { processes: { ...processes, spawn } })
    },
  })
  const { engine } = createHarness({ sink, egress, adapters: [adapter] })
  await engine.run(bash('true'), acme)
  egress.tell({ sandbox: used, host: 'late.example', port: 443, reason: 'not-allowed' })
  const told = spans.filter(({ start }) => start.name === 'egress.denied')
  expect(told.map(({ parent }) => parent)).toEqual([spanNames.exec])
})
