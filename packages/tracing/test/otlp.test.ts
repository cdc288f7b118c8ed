import { expect, it, onTestFinished } from 'vitest'
import { createOtlpSink } from '../src/otlp.ts'
import { startTraceReceiver } from '../src/testing.ts'
import { httpServer } from './support/http-server.ts'
import { canary, plantEverywhere, traces } from './support/canary.ts'

const keys = { publicKey: 'pk', secretKey: 'sk' }

async function given<Server extends AsyncDisposable>(starting: Promise<Server>): Promise<Server> {
  const server = await starting
  onTestFinished(async () => {
    await server[Symbol.asyncDispose]()
  })
  return server
}

it('sends to any collector what the conventions have names for under those names', async () => {
  const receiver = await given(startTraceReceiver(keys))
  const sink = createOtlpSink({ url: `${receiver.url}/v1/traces`, headers: { 'x-tenant': 'blue' } })
  const start = { sessionId: 's1', organization: 'acme', tags: ['t'] }
  const agent = sink.startSpan({ ...start, name: 'invoke_agent', type: 'agent', metadata: { agentName: 'helper' } })
  const tool = agent.startSpan({ name: 'execute_tool code.execute', type: 'tool', input: { files: 1 } })
  const guardrail = tool.startSpan({ name: 'policy.decide', type: 'guardrail' })
  guardrail.score({ name: 'policy.verdict', value: 'sandbox' })
  guardrail.end()
  const exec = tool.startSpan({ name: 'sandbox.exec', type: 'span' })
  exec.event({ name: 'limit.hit', level: 'warning', metadata: { limit: 'memory' } })
  exec.end({ metadata: { exitCode: 137, errorCode: 'quota-exceeded' }, level: 'error', statusMessage: 'no memory' })
  tool.end({ usage: { leased_ms: 5 }, costUsd: 0.5 })
  agent.end()
  await sink.close()

  expect(receiver.problems()).toEqual([])
  const attributesOf = (name: string) => receiver.spans().find((span) => span.name === name)?.attributes
  expect(attributesOf('invoke_agent')).toMatchObject({
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': 'helper',
    'session.id': 's1',
    'caisson.organization': 'acme',
  })
  expect(attributesOf('execute_tool code.execute')).toMatchObject({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'code.execute',
    'caisson.input': '{"files":1}',
    'caisson.usage.leased_ms': 5,
    'caisson.cost_usd': 0.5,
  })
  expect(attributesOf('policy.decide')).toMatchObject({ 'caisson.score.policy.verdict': 'sandbox' })
  expect(attributesOf('sandbox.exec')).toMatchObject({ 'process.exit.code': 137, 'error.type': 'quota-exceeded' })
  expect(receiver.spans().find(({ name }) => name === 'sandbox.exec')).toMatchObject({
    events: [{ name: 'limit.hit', attributes: { 'caisson.level': 'warning', 'caisson.limit': 'memory' } }],
    status: { code: 2, message: 'no memory' },
  })
  expect(receiver.received()).toContain('"x-tenant":"blue"')
  expect(sink.dropped()).toEqual({ otlp: 0 })
})

it('sends no canary', async () => {
  const receiver = await given(startTraceReceiver(keys))
  const sink = createOtlpSink({ url: `${receiver.url}/v1/traces`, redaction: { secrets: [canary] } })
  plantEverywhere(sink)
  await sink.close()
  expect(receiver.problems()).toEqual([])
  expect(receiver.spans().length).toBeGreaterThan(20)
  for (const trace of traces) expect(receiver.received()).not.toContain(trace)
})

it('tells of spans that were refused among others that were taken', async () => {
  const errors: unknown[] = []
  const server = await given(
    httpServer((_request, _body, response) => {
      response.end(JSON.stringify({ partialSuccess: { rejectedSpans: '2', errorMessage: 'too old' } }))
    }),
  )
  const sink = createOtlpSink({ url: server.url, onError: (error) => errors.push(error) })
  for (let index = 0; index < 3; index += 1) sink.startSpan({ name: 'n', type: 'span' }).end()
  await sink.close()
  expect(errors.map(String)).toEqual(['Error: 2 of 3 spans were refused: too old'])
  expect(sink.dropped()).toEqual({ otlp: 2 })
})

it('tries once more what passes, and goes to no other address', async () => {
  let calls = 0
  const server = await given(
    httpServer((_request, _body, response) => {
      calls += 1
      response.writeHead(calls === 1 ? 503 : 200).end('{}')
    }),
  )
  const errors: unknown[] = []
  const sink = createOtlpSink({ url: server.url, onError: (error) => errors.push(error) })
  sink.startSpan({ name: 'n', type: 'span' }).end()
  await sink.flush()
  expect({ calls, errors }).toEqual({ calls: 2, errors: [] })

  const elsewhere = await given(startTraceReceiver(keys))
  const redirecting = await given(
    httpServer((_request, _body, response) => {
      response.writeHead(307, { location: `${elsewhere.url}/v1/traces` }).end()
    }),
  )
  const led = createOtlpSink({ url: redirecting.url, onError: (error) => errors.push(error) })
  led.startSpan({ name: 'n', type: 'span' }).end()
  await led.close()
  await sink.close()
  expect(errors).toHaveLength(1)
  expect(elsewhere.received()).toBe('')
})
