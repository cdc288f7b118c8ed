import { afterEach, expect, it } from 'vitest'
import { createLangfuseLegacySink } from '../src/langfuse.ts'
import { startTraceReceiver, type TraceReceiverOptions } from '../src/testing.ts'
import { canary, plantEverywhere, traces } from './support/canary.ts'

const keys = { publicKey: 'pk-lf-test', secretKey: 'sk-lf-test' }
const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function given(
  answer?: TraceReceiverOptions['answer'],
  options: Partial<Parameters<typeof createLangfuseLegacySink>[0]> = {},
) {
  const server = await startTraceReceiver({ ...keys, answer })
  const errors: unknown[] = []
  const sink = createLangfuseLegacySink({
    ...keys,
    baseUrl: server.url,
    onError: (error) => errors.push(error),
    ...options,
  })
  cleanups.push(async () => {
    await sink.close()
    await server[Symbol.asyncDispose]()
  })
  return { sink, errors, server }
}

it('sends a trace with its spans and events', async () => {
  const { sink, server, errors } = await given()
  const root = sink.startSpan({
    name: 'invoke_agent',
    type: 'agent',
    sessionId: 's1',
    userId: 'u1',
    tags: ['a'],
    organization: 'acme',
  })
  const child = root.startSpan({
    name: 'policy.decide',
    type: 'guardrail',
    input: { kind: 'code.execute' },
    metadata: { a: 1 },
  })
  child.event({ name: 'egress.denied', level: 'warning', metadata: { host: 'example.com' } })
  child.score({ name: 'policy.verdict', value: 'denied' })
  child.end({ costUsd: 0.5, output: { verdict: 'deny' }, level: 'error', statusMessage: 'no', metadata: { b: 2 } })
  root.end()
  await sink.flush()

  expect(errors).toEqual([])
  expect(server.problems()).toEqual([])
  const sent: { type: string; body: Record<string, unknown> }[] = server
    .events()
    .map(({ type, body }) => ({ type, body: { ...body } }))
  expect(sent.map(({ type }) => type).toSorted()).toEqual([
    'event-create',
    'score-create',
    'span-create',
    'span-create',
    'span-update',
    'span-update',
    'trace-create',
  ])
  const ofType = (type: string, name: string) =>
    sent.find((event) => event.type === type && event.body['name'] === name)?.body
  expect(ofType('trace-create', 'invoke_agent')).toMatchObject({
    id: root.traceId,
    sessionId: 's1',
    userId: 'u1',
    tags: ['a'],
    metadata: { organization: 'acme' },
  })
  expect(ofType('score-create', 'policy.verdict')).toMatchObject({ observationId: child.id, value: 'denied' })
  expect(ofType('span-create', 'policy.decide')).toMatchObject({
    id: child.id,
    traceId: root.traceId,
    parentObservationId: root.id,
    input: { kind: 'code.execute' },
    metadata: { a: 1, type: 'guardrail' },
  })
  expect(sent.find(({ type, body }) => type === 'span-update' && body['id'] === child.id)?.body).toMatchObject({
    output: { verdict: 'deny' },
    level: 'ERROR',
    statusMessage: 'no',
    metadata: { a: 1, b: 2, costUsd: 0.5, type: 'guardrail' },
  })
  expect(ofType('event-create', 'egress.denied')).toMatchObject({ parentObservationId: child.id, level: 'WARNING' })
})

it('sends no canary, and uploads nothing that looks like media', async () => {
  const { sink, server } = await given(undefined, { redaction: { secrets: [canary] } })
  plantEverywhere(sink)
  sink.startSpan({ name: 'media', type: 'span', input: `data:image/png;base64,${'iVBORw0KGgo'.repeat(20)}` }).end()
  await sink.close()
  expect(server.problems()).toEqual([])
  expect(server.events().length).toBeGreaterThan(50)
  for (const trace of traces) expect(server.received()).not.toContain(trace)
})

it.each(['refuse-first-event', 500] as const)(
  'says loudly, and without throwing, that the server did %s',
  async (answer) => {
    const { sink, errors } = await given(answer)
    sink.startSpan({ name: 'n', type: 'span' }).end()
    await sink.flush()
    expect(errors.length).toBeGreaterThan(0)
    const expected = answer === 500 ? '500' : 'Invalid request data'
    expect(errors.map(String).join()).toContain(expected)
    expect(sink.dropped()['langfuse-legacy']).toBeGreaterThan(0)
  },
)

it('keeps no more waiting than there is room for', async () => {
  const { sink } = await given('never', { maxQueued: 100 })
  const started = performance.now()
  for (let index = 0; index < 500; index += 1) sink.startSpan({ name: 'n', type: 'span' }).end()
  expect(performance.now() - started).toBeLessThan(2000)
  // Each is three events: a trace, its span, the end of the span.
  expect(sink.dropped()).toEqual({ 'langfuse-legacy': 1400 })
})
