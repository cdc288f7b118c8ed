import { expect, it } from 'vitest'
import {
  combineSinks,
  formatTraceparent,
  parseTraceparent,
  redactingSink,
  silentSink,
  spanNames,
} from '../src/index.ts'
import { recordSink } from '../src/record-sink.ts'
import { canary, plantedSpans, plantEverywhere, traces } from './support/canary.ts'
import { recordingSink } from './support/recording-sink.ts'

it('lets no canary through in any field', () => {
  const { sink, starts, events, scores, ends } = recordingSink()
  plantEverywhere(redactingSink(sink, { secrets: [canary] }))
  const seen = JSON.stringify({ starts, events, scores, ends })
  expect(starts.length + events.length).toBe(plantedSpans)
  expect(scores).toHaveLength(events.length)
  for (const trace of traces) expect(seen).not.toContain(trace)

  const bare = recordingSink()
  plantEverywhere(bare.sink)
  expect(JSON.stringify(bare.starts)).toContain(canary)
})

it('hands nothing on that it cannot redact, and does not throw', () => {
  const { sink, starts, ends } = recordingSink()
  const trap = {
    get secret(): string {
      throw new Error('trap')
    },
  }
  const safe = redactingSink(sink)
  const root = safe.startSpan({ name: 'root', type: 'span' })
  root.startSpan({ name: 'child', type: 'span', input: trap }).end()
  root.event({ name: 'event', input: trap })
  root.end({ output: trap })
  expect(starts.map(({ name }) => name)).toEqual(['root'])
  expect(ends).toEqual([undefined])
})

it('gives all combined sinks the same ids and the same parents', () => {
  const left = recordingSink()
  const right = recordingSink()
  const root = combineSinks([left.sink, right.sink, silentSink]).startSpan({ name: spanNames.agent, type: 'agent' })
  const child = root.startSpan({ name: spanNames.tool, type: 'tool' })
  child.end({ output: 1 })
  expect(left.starts).toEqual(right.starts)
  expect(left.starts.map(({ id }) => id)).toEqual([root.id, child.id])
  expect(left.starts[0]).toMatchObject({ traceId: root.traceId })
  expect(child.traceId).toBe(root.traceId)
  expect(left.ends).toEqual([{ output: 1 }])
})

it('continues the trace of a caller', () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const span = silentSink.startSpan({ name: 'n', type: 'span', traceparent })
  expect(span.traceId).toBe('0af7651916cd43dd8448eb211c80319c')
  expect(parseTraceparent(formatTraceparent(span))).toEqual({ traceId: span.traceId, spanId: span.id })
})

it('continues the trace of a caller who speaks a later version', () => {
  expect(parseTraceparent('cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more')).toEqual({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
  })
})

it.each([
  '',
  'nonsense',
  `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
  `ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`,
  '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more',
])('starts a new trace for the malformed traceparent %j', (traceparent) => {
  expect(parseTraceparent(traceparent)).toBeUndefined()
  expect(silentSink.startSpan({ name: 'n', type: 'span', traceparent }).traceId).toMatch(/^[\da-f]{32}$/)
})

it('keeps a recorder that throws, rejects or hangs away from the caller', async () => {
  const errors: unknown[] = []
  const fail = () => {
    throw new Error('broken')
  }
  const sink = recordSink(
    {
      start: () => 0,
      event: fail,
      score: fail,
      end: fail,
      flush: async () => fail(),
      close: async () => fail(),
      abandon: fail,
      dropped: () => ({}),
    },
    (error) => {
      errors.push(error)
      throw new Error('and so is the listener')
    },
  )
  const span = sink.startSpan({ name: 'n', type: 'span' })
  span.event({ name: 'e' })
  span.score({ name: 's', value: 1 })
  span.end()
  span.end()
  await sink.flush()
  await sink.close()
  expect(errors).toHaveLength(6)
  const broken = recordSink({
    start: fail,
    event: fail,
    score: fail,
    end: fail,
    flush: async () => undefined,
    close: async () => undefined,
    dropped: () => ({}),
  })
  const child = broken.startSpan({ name: 'n', type: 'span' }).startSpan({ name: 'c', type: 'span' })
  expect(child.id).toMatch(/^[\da-f]{16}$/)
})

it('adds up what the combined sinks lost', () => {
  const losing = (name: string) => ({ ...silentSink, dropped: () => ({ [name]: 2 }) })
  expect(combineSinks([losing('a'), silentSink, losing('b')]).dropped()).toEqual({ a: 2, b: 2 })
})
