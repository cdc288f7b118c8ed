import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTraceReceiver, type TraceReceiver } from '../src/testing.ts'

let receiver: TraceReceiver
beforeAll(async () => {
  receiver = await startTraceReceiver({ publicKey: 'pk', secretKey: 'sk' })
})
afterAll(async () => await receiver[Symbol.asyncDispose]())

const headers = {
  'content-type': 'application/json',
  authorization: `Basic ${btoa('pk:sk')}`,
  'x-langfuse-ingestion-version': '4',
}
async function post(path: string, body: unknown): Promise<{ status: number; body: unknown; problems: number }> {
  const before = receiver.problems().length
  const response = await fetch(receiver.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, body: await response.json(), problems: receiver.problems().length - before }
}

const good = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name: 'n',
  kind: 1,
  startTimeUnixNano: '1000',
  endTimeUnixNano: '2000',
  attributes: [
    { key: 'langfuse.observation.type', value: { stringValue: 'span' } },
    { key: 'langfuse.trace.name', value: { stringValue: 'n' } },
  ],
  droppedAttributesCount: 0,
  events: [],
  links: [],
  status: { code: 0 },
}
const request = (span: object, scope = 'langfuse-sdk') => ({
  resourceSpans: [{ resource: { attributes: [] }, scopeSpans: [{ scope: { name: scope }, spans: [span] }] }],
})
const withAttribute = (key: string, value: object) => ({ ...good, attributes: [...good.attributes, { key, value }] })

it('takes a good span', async () => {
  expect(await post('/api/public/otel/v1/traces', request(good))).toEqual({ status: 200, body: {}, problems: 0 })
})

it.each([
  ['an id that is not one', { ...good, spanId: 'XYZ' }],
  ['a number where nanoseconds are a text', { ...good, startTimeUnixNano: 1000 }],
  ['an end before the start', { ...good, endTimeUnixNano: '1' }],
  ['attributes as an object', { ...good, attributes: { a: 1 } }],
  ['a value that is two', withAttribute('a', { stringValue: 'a', boolValue: true })],
  ['a value that is none', withAttribute('a', {})],
  ['a key twice', { ...good, attributes: [...good.attributes, ...good.attributes] }],
  ['a field that nobody knows', { ...good, extra: 1 }],
  ['attributes left out', { ...good, droppedAttributesCount: 3 }],
  [
    'a type that nobody knows',
    { ...good, attributes: [{ key: 'langfuse.observation.type', value: { stringValue: 'x' } }] },
  ],
  ['usage that is no whole number', withAttribute('langfuse.observation.usage_details', { stringValue: '{"a":1.5}' })],
  ['cost below nothing', withAttribute('langfuse.observation.cost_details', { stringValue: '{"total":-1}' })],
  ['an environment of its own', withAttribute('langfuse.environment', { stringValue: 'langfuse-x' })],
  ['a session too long', withAttribute('session.id', { stringValue: 'x'.repeat(201) })],
  ['a name that would be replaced', withAttribute('gen_ai.tool.name', { stringValue: 'bash' })],
])('refuses %s', async (_what, span) => {
  const answer = await post('/api/public/otel/v1/traces', request(span))
  expect(answer).toMatchObject({ status: 400, problems: 1 })
})

it('refuses a scope whose attributes would be kept twice', async () => {
  expect(await post('/api/public/otel/v1/traces', request(good, 'other'))).toMatchObject({ status: 400, problems: 1 })
  expect(await post('/v1/traces', request(good, 'other'))).toMatchObject({ status: 200, problems: 0 })
})

it.each([
  ['a type that nobody knows', { type: 'nothing-create', body: {} }],
  ['an observation without a trace', { type: 'span-create', body: { id: 'a' } }],
  ['a time that is none', { type: 'span-create', body: { id: 'a', traceId: 't', startTime: 'yesterday' } }],
  ['a level of its own', { type: 'event-create', body: { id: 'a', traceId: 't', level: 'warning' } }],
  ['a field that nobody knows', { type: 'span-create', body: { id: 'a', traceId: 't', costUsd: 1 } }],
  [
    'a score of 2 for yes',
    { type: 'score-create', body: { id: 'a', traceId: 't', name: 'n', dataType: 'BOOLEAN', value: 2 } },
  ],
  [
    'a category that is a number',
    { type: 'score-create', body: { id: 'a', traceId: 't', name: 'n', dataType: 'CATEGORICAL', value: 2 } },
  ],
])('refuses %s, and takes what stands beside it', async (_what, event) => {
  const base = { timestamp: new Date(0).toISOString() }
  const fine = { ...base, id: 'fine', type: 'trace-create', body: { id: 't', name: 'n', timestamp: base.timestamp } }
  const answer = await post('/api/public/ingestion', { batch: [fine, { ...base, id: 'bad', ...event }] })
  expect(answer).toMatchObject({
    status: 207,
    problems: 1,
    body: { successes: [{ id: 'fine', status: 201 }], errors: [{ id: 'bad', status: 400 }] },
  })
})

it('lets nobody in with other keys', async () => {
  const response = await fetch(`${receiver.url}/api/public/ingestion`, { method: 'POST', body: '{}' })
  expect(response.status).toBe(401)
})
