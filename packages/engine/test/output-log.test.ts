import { concatBytes, type OutputChunk, organizationIdSchema, runIdSchema, systemClock } from '@caisson/core'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createMemoryStores } from '../src/index.ts'
import { createOutputLog } from '../src/runs/output-log.ts'
import { readStoredOutput } from '../src/runs/read-stored-output.ts'
import { toArray } from './support/harness.ts'

const organization = organizationIdSchema.parse('acme')
const run = runIdSchema.parse('run-1')

const pieces = fc.array(
  fc.record({
    source: fc.constantFrom('', 'one', 'two'),
    stream: fc.constantFrom('stdout', 'stderr'),
    bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
    /** Bytes that the sandbox skipped before this piece. */
    skipped: fc.constantFrom(0, 0, 0, 7),
  }),
  { maxLength: 40 },
)

function toChunks(all: readonly { source: string; stream: string; bytes: Uint8Array; skipped: number }[]) {
  const ends = new Map<string, number>()
  return all.map(({ source, stream, bytes, skipped }): { source: string; chunk: OutputChunk } => {
    const offset = (ends.get(source) ?? 0) + skipped
    ends.set(source, offset + bytes.byteLength)
    return { source, chunk: { stream: stream === 'stderr' ? 'stderr' : 'stdout', offset, bytes } }
  })
}

/** Every byte with its place, so that any way of cutting a stream into pieces compares equal. */
function bytesOf(chunks: readonly OutputChunk[]): readonly string[] {
  return chunks.flatMap(({ stream, offset, bytes }) =>
    [...bytes].map((byte, index) => `${stream}@${offset + index}=${byte}`),
  )
}

it('stores each byte once, in order, without a gap in the sequence, and resumes where it ended', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, fc.nat(40), async (all, cut) => {
      const { events } = createMemoryStores()
      const chunks = toChunks(all)
      for (const part of [chunks.slice(0, cut), chunks.slice(cut)]) {
        const log = createOutputLog({ events, organization, run, clock: systemClock, keptBytes: 1_000_000 })
        await Promise.all(part.map(async ({ source, chunk }) => await log.write(source, chunk)))
        await log.flush()
      }
      const stored = await events.read(organization, run, { after: 0, limit: 10_000 })
      expect(stored.map(({ sequence }) => sequence)).toEqual(stored.map((_, index) => index + 1))
      for (const source of ['', 'one', 'two']) {
        const expected = chunks.filter((item) => item.source === source).map(({ chunk }) => chunk)
        const last = expected.at(-1)
        const { nextOffset } = await events.position(organization, run, source)
        expect(nextOffset).toBe(last === undefined ? 0 : last.offset + last.bytes.byteLength)
        expect(bytesOf(await toArray(readStoredOutput(events, { organization, run, source })))).toEqual(
          bytesOf(expected),
        )
      }
    }),
    { numRuns: 25 },
  )
})

it('keeps the beginning and drops the rest, also over a restart', async () => {
  await fc.assert(
    fc.asyncProperty(pieces, fc.nat(40), fc.integer({ min: 0, max: 3_000 }), async (all, cut, keptBytes) => {
      const { events } = createMemoryStores()
      const chunks = toChunks(all.map((piece) => ({ ...piece, source: '' })))
      let counted = 0
      for (const part of [chunks.slice(0, cut), chunks.slice(cut)]) {
        const log = createOutputLog({ events, organization, run, clock: systemClock, keptBytes })
        for (const { source, chunk } of part) await log.write(source, chunk)
        await log.flush()
        counted += log.storedBytes('')
      }
      const stored = await toArray(readStoredOutput(events, { organization, run, source: '' }))
      const whole = bytesOf(chunks.map(({ chunk }) => chunk))
      expect(bytesOf(stored)).toEqual(whole.slice(0, keptBytes))
      expect(counted).toBe(Math.min(keptBytes, whole.length))
    }),
    { numRuns: 25 },
  )
})

it('lets 200 MB through and keeps the first of them', async () => {
  const { events } = createMemoryStores()
  const log = createOutputLog({ events, organization, run, clock: systemClock, keptBytes: 1024 * 1024 })
  const bytes = new Uint8Array(64 * 1024).fill(120)
  for (let offset = 0; offset < 200 * 1024 * 1024; offset += bytes.byteLength) {
    await log.write('', { stream: 'stdout', offset, bytes })
  }
  await log.flush()
  const { storedBytes, lastSequence } = await events.position(organization, run, '')
  expect(storedBytes).toBe(1024 * 1024)
  expect(lastSequence).toBeLessThan(100)
})

it('makes a fast writer wait for a slow store', async () => {
  const { events } = createMemoryStores()
  const gate = Promise.withResolvers<void>()
  const append: typeof events.append = async (...parameters) => {
    await gate.promise
    return await events.append(...parameters)
  }
  const slow = { ...events, append }
  const log = createOutputLog({ events: slow, organization, run, clock: systemClock, keptBytes: 100 * 1024 * 1024 })
  const bytes = new Uint8Array(64 * 1024)
  let accepted = 0
  const writing = (async () => {
    for (; accepted < 50 * bytes.byteLength; accepted += bytes.byteLength) {
      await log.write('', { stream: 'stdout', offset: accepted, bytes })
    }
  })()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(accepted).toBeLessThan(2 * 1024 * 1024)
  gate.resolve()
  await writing
  await log.flush()
  expect((await events.position(organization, run, '')).storedBytes).toBe(accepted)
})

it('joins small pieces into few events', async () => {
  const { events } = createMemoryStores()
  const log = createOutputLog({ events, organization, run, clock: systemClock, keptBytes: 1024 * 1024 })
  for (let offset = 0; offset < 5_000; offset += 1) {
    void log.write('', { stream: 'stdout', offset, bytes: concatBytes([new Uint8Array([65])]) })
  }
  await log.flush()
  const { lastSequence, storedBytes } = await events.position(organization, run, '')
  expect(storedBytes).toBe(5_000)
  expect(lastSequence).toBeLessThan(10)
})

it('tells the writer when the store fails', async () => {
  const { events } = createMemoryStores()
  const failing = { ...events, append: async () => await Promise.reject(new Error('the store is down')) }
  const log = createOutputLog({ events: failing, organization, run, clock: systemClock, keptBytes: 1_000 })
  await log.write('', { stream: 'stdout', offset: 0, bytes: new Uint8Array(10) })
  await expect(log.flush()).rejects.toThrow('the store is down')
})
