import { trace } from '@opentelemetry/api'
import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { combineSinks, silentSink } from '../src/index.ts'
import { createLangfuseSink } from '../src/langfuse.ts'
import { canary, plantEverywhere, traces } from './support/canary.ts'
import { httpServer, type HttpServer } from './support/http-server.ts'

const attribute = z.object({
  key: z.string(),
  value: z.object({
    stringValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    arrayValue: z.object({ values: z.array(z.object({ stringValue: z.string() })) }).optional(),
  }),
})
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      scopeSpans: z.array(
        z.object({
          scope: z.object({ name: z.string() }),
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              status: z.object({ code: z.number(), message: z.string().optional() }),
              attributes: z.array(attribute),
            }),
          ),
        }),
      ),
    }),
  ),
})

interface Collector extends HttpServer {
  readonly requests: { readonly url: string; readonly headers: Record<string, unknown>; readonly body: string }[]
}

async function collector(status = 200): Promise<Collector> {
  const requests: Collector['requests'] = []
  const server = await httpServer((request, body, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers, body })
    if (status > 0) response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
  })
  return { ...server, requests }
}

function spansOf({ requests }: Collector) {
  return requests
    .flatMap(({ body }) => exportSchema.parse(JSON.parse(body)).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap(({ scope, spans }) =>
      spans.map(({ attributes, ...span }) => ({
        ...span,
        scope: scope.name,
        attributes: Object.fromEntries(
          attributes.map(({ key, value: { stringValue, boolValue, arrayValue } }) => [
            key,
            stringValue ?? boolValue ?? arrayValue?.values.map((item) => item.stringValue),
          ]),
        ),
      })),
    )
}

const keys = { publicKey: 'pk-lf-test', secretKey: 'sk-lf-test' }
const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function given(status?: number, options: Partial<Parameters<typeof createLangfuseSink>[0]> = {}) {
  const server = await collector(status)
  const errors: unknown[] = []
  const sink = createLangfuseSink({ ...keys, baseUrl: server.url, onError: (error) => errors.push(error), ...options })
  cleanups.push(async () => {
    await sink.close()
    await server[Symbol.asyncDispose]()
  })
  return { server, errors, sink }
}

it('sends agents, tools, guardrails, spans and events with parents, content and levels', async () => {
  const { server, sink, errors } = await given(200, { environment: 'test-env', release: 'r1' })
  const agent = sink.startSpan({
    name: 'invoke_agent',
    type: 'agent',
    sessionId: 's1',
    userId: 'u1',
    tags: ['a', 'b'],
    startedAtMs: 1000,
  })
  const tool = agent.startSpan({
    name: 'execute_tool',
    type: 'tool',
    input: { code: 'print(1)' },
    metadata: { kind: 'code.execute' },
  })
  const guardrail = tool.startSpan({ name: 'policy.decide', type: 'guardrail' })
  guardrail.end({ output: { verdict: 'sandbox' }, metadata: { policy: { hash: 'abc' } } })
  const exec = tool.startSpan({ name: 'sandbox.exec', type: 'span' })
  exec.event({ name: 'limit.hit', level: 'warning', metadata: { limit: 'memory' }, atMs: 1500 })
  exec.end({ level: 'error', statusMessage: 'out of memory' })
  tool.end({ output: { exitCode: 137 } })
  agent.end({ endedAtMs: 2000 })
  await sink.flush()

  expect(errors).toEqual([])
  const spans = spansOf(server)
  const byName = new Map(spans.map((span) => [span.name, span]))
  const parents = spans.map(({ name, parentSpanId }) => [
    name,
    spans.find(({ spanId }) => spanId === parentSpanId)?.name,
  ])
  expect(Object.fromEntries(parents)).toEqual({
    invoke_agent: undefined,
    execute_tool: 'invoke_agent',
    'policy.decide': 'execute_tool',
    'sandbox.exec': 'execute_tool',
    'limit.hit': 'sandbox.exec',
  })
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([agent.traceId]))
  expect(new Set(spans.map(({ scope }) => scope))).toEqual(new Set(['langfuse-sdk']))
  expect(byName.get('execute_tool')?.spanId).toBe(tool.id)
  expect(byName.get('invoke_agent')).toMatchObject({
    startTimeUnixNano: '1000000000',
    endTimeUnixNano: '2000000000',
    attributes: {
      'langfuse.observation.type': 'agent',
      'session.id': 's1',
      'user.id': 'u1',
      'langfuse.trace.tags': ['a', 'b'],
      'langfuse.environment': 'test-env',
      'langfuse.release': 'r1',
    },
  })
  expect(byName.get('execute_tool')?.attributes).toMatchObject({
    'langfuse.observation.type': 'tool',
    'langfuse.observation.input': '{"code":"print(1)"}',
    'langfuse.observation.output': '{"exitCode":137}',
    'langfuse.observation.metadata.kind': 'code.execute',
    'langfuse.observation.level': 'DEFAULT',
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
  const [request] = server.requests
  expect(request?.url).toBe('/api/public/otel/v1/traces')
  expect(request?.headers).toMatchObject({
    authorization: `Basic ${Buffer.from('pk-lf-test:sk-lf-test').toString('base64')}`,
    'x-langfuse-ingestion-version': '4',
  })
})

it('sends no canary, and uploads nothing that looks like media', async () => {
  const { server, sink } = await given(200, { redaction: { secrets: [canary] } })
  plantEverywhere(sink)
  sink.startSpan({ name: 'media', type: 'span', input: `data:image/png;base64,${'iVBORw0KGgo'.repeat(20)}` }).end()
  await sink.flush()
  expect(spansOf(server)).toHaveLength(28)
  expect(server.requests.every(({ url }) => url === '/api/public/otel/v1/traces')).toBe(true)
  const sent = server.requests.map(({ body }) => body).join('\n')
  for (const trace of traces) expect(sent).not.toContain(trace)
})

it('has the same ids as the sinks beside it, continues the caller, and registers nothing globally', async () => {
  const { server, sink } = await given()
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const span = combineSinks([silentSink, sink]).startSpan({ name: 'n', type: 'span', traceparent })
  span.end()
  await sink.flush()
  expect(spansOf(server)).toMatchObject([
    { traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331', spanId: span.id },
  ])
  const foreign = trace.getTracer('langfuse-sdk').startSpan('foreign')
  expect(foreign.isRecording()).toBe(false)
})

it.each([
  ['refuses', 500],
  ['does not let us in', 401],
])('fails nothing and says so when the collector %s', async (_what, status) => {
  const { sink, errors } = await given(status)
  sink.startSpan({ name: 'n', type: 'span' }).end()
  await sink.flush()
  expect(errors).toMatchObject([{ message: 'Langfuse did not take 1 spans' }])
})

it('fails nothing and blocks nobody when the collector hangs or is gone', async () => {
  const { sink, errors } = await given(0, { timeoutMs: 300 })
  const started = performance.now()
  for (let index = 0; index < 1000; index++) sink.startSpan({ name: 'n', type: 'span', input: index }).end()
  expect(performance.now() - started).toBeLessThan(2000)
  await sink.close()
  expect(performance.now() - started).toBeLessThan(8000)
  expect(errors.length).toBeGreaterThan(0)

  const gone: unknown[] = []
  const lost = createLangfuseSink({
    ...keys,
    baseUrl: 'http://127.0.0.1:1',
    timeoutMs: 300,
    onError: (error) => gone.push(error),
  })
  lost.startSpan({ name: 'n', type: 'span' }).end()
  await lost.close()
  expect(gone).toHaveLength(1)
})
