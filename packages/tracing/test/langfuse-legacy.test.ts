import { afterEach, expect, it } from 'vitest'
import { z } from 'zod'
import { createLangfuseLegacySink } from '../src/langfuse.ts'
import { canary, plantEverywhere, traces } from './support/canary.ts'
import { httpServer } from './support/http-server.ts'

const batchSchema = z.object({
  batch: z.array(z.object({ id: z.string(), type: z.string(), body: z.record(z.string(), z.unknown()) })),
})

const cleanups: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup()
})

async function given(answer: 'accept' | 'refuse-one' | 'fail', secrets: readonly string[] = []) {
  const bodies: string[] = []
  const server = await httpServer((_request, body, response) => {
    bodies.push(body)
    const { batch } = batchSchema.parse(JSON.parse(body))
    const errors = answer === 'refuse-one' ? [{ id: batch[0]?.id, status: 400, message: 'Invalid request data' }] : []
    response.writeHead(answer === 'fail' ? 500 : 207, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ successes: [], errors }))
  })
  const errors: unknown[] = []
  const sink = createLangfuseLegacySink({
    publicKey: 'pk-lf-test',
    secretKey: 'sk-lf-test',
    baseUrl: server.url,
    redaction: { secrets },
    onError: (error) => errors.push(error),
  })
  cleanups.push(async () => {
    await sink.close()
    await server[Symbol.asyncDispose]()
  })
  return { sink, errors, bodies, events: () => bodies.flatMap((body) => batchSchema.parse(JSON.parse(body)).batch) }
}

it('sends a trace with its spans and events', async () => {
  const { sink, events, errors } = await given('accept')
  const root = sink.startSpan({ name: 'invoke_agent', type: 'agent', sessionId: 's1', userId: 'u1', tags: ['a'] })
  const child = root.startSpan({
    name: 'policy.decide',
    type: 'guardrail',
    input: { kind: 'code.execute' },
    metadata: { a: 1 },
  })
  child.event({ name: 'egress.denied', level: 'warning', metadata: { host: 'example.com' } })
  child.end({ output: { verdict: 'deny' }, level: 'error', statusMessage: 'no', metadata: { b: 2 } })
  root.end()
  await sink.flush()

  expect(errors).toEqual([])
  const sent = events()
  expect(sent.map(({ type }) => type).toSorted()).toEqual([
    'event-create',
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
  })
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
    metadata: { a: 1, b: 2, type: 'guardrail' },
  })
  expect(ofType('event-create', 'egress.denied')).toMatchObject({ parentObservationId: child.id, level: 'WARNING' })
})

it('sends no canary', async () => {
  const { sink, bodies } = await given('accept', [canary])
  plantEverywhere(sink)
  await sink.close()
  const sent = bodies.join('\n')
  expect(sent).toContain('trace-create')
  for (const trace of traces) expect(sent).not.toContain(trace)
})

it.each(['refuse-one', 'fail'] as const)(
  'says loudly, and without throwing, that the server did %s',
  async (answer) => {
    const { sink, errors } = await given(answer)
    sink.startSpan({ name: 'n', type: 'span' }).end()
    await sink.flush()
    expect(errors.length).toBeGreaterThan(0)
    const expected = answer === 'fail' ? '500' : 'Invalid request data'
    expect(errors.map(String).join()).toContain(expected)
  },
)
