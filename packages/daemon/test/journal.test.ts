import { concatBytes } from '@caisson/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createJournal, type Journal, type OutputStream } from '../src/process/journal.ts'

const kib = 1024
const streams = fc.constantFrom<OutputStream>('stdout', 'stderr')
const writes = fc.array(fc.tuple(streams, fc.uint8Array({ minLength: 1, maxLength: 9000 })), { maxLength: 60 })

/** Reads from a position to the end, the way a follower does. */
function readAll(
  journal: Journal,
  from: number,
): { readonly start: number; readonly bytes: Uint8Array; readonly streams: string } {
  const parts: Uint8Array[] = []
  let start: number | undefined
  let position = from
  let names = ''
  for (;;) {
    const piece = journal.read(position)
    if (piece === undefined) return { start: start ?? position, bytes: concatBytes(parts), streams: names }
    start ??= piece.offset
    if (parts.length > 0) expect(piece.offset).toBe(position)
    parts.push(piece.bytes.slice())
    names += piece.stream.slice(3, 4).repeat(piece.bytes.byteLength)
    position = piece.offset + piece.bytes.byteLength
  }
}

describe('a journal', () => {
  it('gives back what was written from any position on, as far as it is kept', () => {
    fc.assert(
      fc.property(writes, fc.integer({ min: 1, max: 300 * kib }), fc.nat(), (pieces, limit, from) => {
        const journal = createJournal(limit)
        for (const [stream, bytes] of pieces) journal.append(stream, bytes)
        const whole = concatBytes(pieces.map(([, bytes]) => bytes))
        const names = pieces.map(([stream, bytes]) => stream.slice(3, 4).repeat(bytes.byteLength)).join('')
        expect(journal.endOffset).toBe(whole.byteLength)
        expect(journal.costBytes).toBeLessThanOrEqual(Math.max(limit, 16 * kib))
        const position = from % (whole.byteLength + 1)
        const read = readAll(journal, position)
        expect(read.start).toBeGreaterThanOrEqual(position)
        expect(Buffer.compare(read.bytes, whole.subarray(read.start))).toBe(0)
        expect(read.streams).toBe(names.slice(read.start))
      }),
    )
  })

  it('keeps everything while there is room', () => {
    const journal = createJournal(64 * kib)
    journal.append('stdout', new Uint8Array(40 * kib))
    expect(readAll(journal, 0).bytes.byteLength).toBe(40 * kib)
  })

  it('always keeps some of the latest', () => {
    const journal = createJournal(64 * kib)
    for (let round = 0; round < 100; round += 1) journal.append('stdout', new Uint8Array(64 * kib))
    expect(readAll(journal, 0).bytes.byteLength).toBeGreaterThan(32 * kib)
  })

  it('of single bytes costs little more than of a block', () => {
    const journal = createJournal(1024 * kib)
    for (let round = 0; round < 100 * kib; round += 1) journal.append('stdout', Uint8Array.of(1))
    expect(readAll(journal, 0).bytes.byteLength).toBe(100 * kib)
    expect(journal.costBytes).toBeLessThan(300 * kib)
  })

  it('stays within its limit when single bytes alternate between the streams', () => {
    const journal = createJournal(64 * kib)
    for (let round = 0; round < 20_000; round += 1) journal.append(round % 2 ? 'stdout' : 'stderr', Uint8Array.of(1))
    expect(journal.costBytes).toBeLessThanOrEqual(64 * kib)
    expect(readAll(journal, 0).bytes.byteLength).toBeGreaterThan(100)
  })

  it('shrinks when it is told to', () => {
    const journal = createJournal(1024 * kib)
    journal.append('stdout', new Uint8Array(500 * kib))
    journal.shrink(100 * kib)
    expect(journal.costBytes).toBeLessThanOrEqual(100 * kib)
    journal.shrink(0)
    expect(journal.read(0)).toBeUndefined()
    expect(journal.endOffset).toBe(500 * kib)
  })
})
