import { trace } from '@opentelemetry/api'
import { afterEach, expect, it } from 'vitest'
import { combineSinks, silentSink } from '../src/index.ts'
import { createLangfuseSink } from '../src/langfuse.ts'
import { startTraceReceiver, type TraceReceiverOptions } from '../src/testing.ts'
import { canary, plantedSpans, plantEverywhere, traces } from './support/canary.ts'

const keys = { publicKey: 'pk-lf-test', secretKey: 'sk-lf-test' }
const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function given(
  answer?: TraceReceiverOptions['answer'],
  options: Partial<Parameters<typeof createLangfuseSink>[0]> = {},
) {
  const server = await startTraceReceiver({ ...keys, answer })
  const errors: unknown[] = []
  const sink = createLangfuseSink({ ...keys, baseUrl: server.url, onError: (error) => errors.push(error), ...options })
  cleanups.push(async () => {
    await sink.close()
    await server[Symbol.asyncDispose]()
  })
  return { server, errors, sink }
}

it('sends agents, tools, guardrails, spans, events and scores with parents, content and levels', async () => {
  const { server, sink, errors } = await given(undefined, { environment: 'test-env', release: 'r1' })
  const agent = sink.startSpan({
    name: 'invoke_agent',
    type: 'agent',
    sessionId: 's1',
    userId: 'u1',
    tags: ['a', 'b'],
    organization: 'acme',
    startedAtMs: 1000,
  })
  const tool = agent.startSpan({
    name: 'execute_tool code.execute',
    type: 'tool',
    input: { code: 'print(1)' },
    metadata: { kind: 'code.execute' },
  })
  const guardrail = tool.startSpan({ name: 'policy.decide', type: 'guardrail' })
  guardrail.score({ name: 'policy.verdict', value: 'sandbox', comment: 'untrusted-code' })
  guardrail.score({ name: 'policy.correct', value: true })
  guardrail.end({ output: { verdict: 'sandbox' }, metadata: { policy: { hash: 'abc' } } })
  const exec = tool.startSpan({ name: 'sandbox.exec', type: 'span' })
  exec.event({ name: 'limit.hit', level: 'warning', metadata: { limit: 'memory' }, atMs: 1500 })
  exec.end({ level: 'error', statusMessage: 'out of memory' })
  tool.end({ output: { exitCode: 137 }, usage: { leased_ms: 12.4 }, costUsd: 0.25 })
  agent.end({ endedAtMs: 2000 })
  await sink.flush()

  expect(server.problems()).toEqual([])
  expect(errors).toEqual([])
  const spans = server.spans()
  const byName = new Map(spans.map((span) => [span.name, span]))
  const parents = spans.map(({ name, parentSpanId }) => [
    name,
    spans.find(({ spanId }) => spanId === parentSpanId)?.name,
  ])
  expect(Object.fromEntries(parents)).toEqual({
    invoke_agent: undefined,
    'execute_tool code.execute': 'invoke_agent',
    'policy.decide': 'execute_tool code.execute',
    'sandbox.exec': 'execute_tool code.execute',
    'limit.hit': 'sandbox.exec',
  })
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([agent.traceId]))
  expect(byName.get('invoke_agent')).toMatchObject({
    startTimeUnixNano: '1000000000',
    endTimeUnixNano: '2000000000',
    attributes: {
      'langfuse.observation.type': 'agent',
      'langfuse.environment': 'test-env',
      'langfuse.release': 'r1',
    },
  })
  for (const { attributes } of spans) {
    expect(attributes).toMatchObject({
      'session.id': 's1',
      'user.id': 'u1',
      'langfuse.trace.name': 'invoke_agent',
      'langfuse.trace.tags': ['a', 'b'],
      'langfuse.trace.metadata.organization': 'acme',
    })
  }
  expect(byName.get('execute_tool code.execute')).toMatchObject({
    spanId: tool.id,
    attributes: {
      'langfuse.observation.type': 'tool',
      'langfuse.observation.input': '{"code":"print(1)"}',
      'langfuse.observation.output': '{"exitCode":137}',
      'langfuse.observation.metadata.kind': 'code.execute',
      'langfuse.observation.level': 'DEFAULT',
      'langfuse.observation.usage_details': '{"leased_ms":12}',
      'langfuse.observation.cost_details': '{"total":0.25}',
    },
  })
  expect(byName.get('policy.decide')?.attributes).toMatchObject({
    'langfuse.observation.type': 'guardrail',
    'langfuse.observation.output': '{"verdict":"sandbox"}',
    'langfuse.observation.metadata.policy': '{"hash":"abc"}',
  })
  expect(byName.get('sandbox.exec')).toMatchObject({
    status: { code: 2, message: 'out of memory' },
    attributes: { 'langfuse.observation.level': 'ERROR', 'langfuse.observation.status_message': 'out of memory' },
  })
  expect(byName.get('limit.hit')?.attributes).toMatchObject({
    'langfuse.observation.type': 'event',
    'langfuse.observation.level': 'WARNING',
    'langfuse.observation.metadata.limit': 'memory',
  })
  const of = { traceId: agent.traceId, observationId: guardrail.id, environment: 'test-env' }
  expect(server.events()).toMatchObject([
    {
      type: 'score-create',
      body: { ...of, name: 'policy.verdict', value: 'sandbox', dataType: 'CATEGORICAL', comment: 'untrusted-code' },
    },
    { type: 'score-create', body: { ...of, name: 'policy.correct', value: 1, dataType: 'BOOLEAN' } },
  ])
})

it('sends no canary, and uploads nothing that looks like media', async () => {
  const { server, sink } = await given(undefined, { redaction: { secrets: [canary] } })
  plantEverywhere(sink)
  sink.startSpan({ name: 'media', type: 'span', input: `data:image/png;base64,${'iVBORw0KGgo'.repeat(20)}` }).end()
  await sink.flush()
  expect(server.problems()).toEqual([])
  expect(server.spans()).toHaveLength(plantedSpans + 1)
  for (const trace of traces) expect(server.received()).not.toContain(trace)
})

it('has the same ids as the sinks beside it, continues the caller, and registers nothing globally', async () => {
  const { server, sink } = await given()
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const span = combineSinks([silentSink, sink]).startSpan({ name: 'n', type: 'span', traceparent })
  span.end()
  await sink.flush()
  expect(server.spans()).toMatchObject([
    { traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331', spanId: span.id },
  ])
  const foreign = trace.getTracer('langfuse-sdk').startSpan('foreign')
  expect(foreign.isRecording()).toBe(false)
})

it.each([
  ['refuses', 500, keys.secretKey],
  ['does not let us in', undefined, 'wrong'],
])('fails nothing and says so when the collector %s', async (_what, status, secretKey) => {
  const { sink, errors } = await given(status, { secretKey })
  const span = sink.startSpan({ name: 'n', type: 'span' })
  span.score({ name: 'policy.verdict', value: 'host' })
  span.end()
  await sink.flush()
  expect(errors.map(String).toSorted()).toEqual([
    expect.stringMatching(/127\.0\.0\.1:\d+ did not take 1 spans/),
    'Error: Langfuse did not take 1 scores',
  ])
  expect(sink.dropped()).toEqual({ langfuse: 2 })
})

it('says which score was refused', async () => {
  const { sink, errors } = await given('refuse-first-event')
  const span = sink.startSpan({ name: 'n', type: 'span' })
  span.score({ name: 'policy.verdict', value: 'host' })
  span.score({ name: 'policy.verdict', value: 'denied' })
  span.end()
  await sink.flush()
  expect(errors.map(String)).toEqual([expect.stringMatching(/refused a score: .*Invalid request data/)])
  expect(sink.dropped()).toEqual({ langfuse: 1 })
})

it('costs nothing when the collector hangs: a queue of bounded length, the rest dropped and counted', async () => {
  const { sink, errors } = await given('never', { timeoutMs: 300, maxQueued: 600 })
  const started = performance.now()
  for (let index = 0; index < 2000; index += 1) sink.startSpan({ name: 'n', type: 'span', input: index }).end()
  expect(performance.now() - started).toBeLessThan(2000)
  await sink.close()
  expect(performance.now() - started).toBeLessThan(8000)
  expect(errors.map(String).join('\n')).toMatch(/the queue of 600 is full/)
  expect(sink.dropped()).toEqual({ langfuse: 2000 })
  sink.startSpan({ name: 'late', type: 'span' }).end()

  const gone: unknown[] = []
  const lost = createLangfuseSink({ ...keys, baseUrl: 'http://127.0.0.1:1', onError: (error) => gone.push(error) })
  lost.startSpan({ name: 'n', type: 'span' }).end()
  await lost.close()
  expect(gone).toHaveLength(1)
})
