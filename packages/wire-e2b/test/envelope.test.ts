import { concatBytes } from '@caisson/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEnvelopeParser, encodeEnvelope, endStreamFlag, type Envelope, WireFormatError } from '../src/index.ts'

const payloads = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 })
const limit = 1024

/** Cuts bytes at the given places, in any order, repeated ones included. */
function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.map((cut) => cut % (bytes.byteLength + 1)).toSorted((a, b) => a - b), bytes.byteLength]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

function header(flags: number, length: number): Uint8Array {
  const bytes = new Uint8Array(5)
  bytes[0] = flags
  new DataView(bytes.buffer).setUint32(1, length)
  return bytes
}

describe('envelopes', () => {
  it('come out as they went in, however the stream is split', () => {
    fc.assert(
      fc.property(payloads, fc.array(fc.nat(), { maxLength: 60 }), (messages, cuts) => {
        const whole = concatBytes([
          ...messages.map((message) => encodeEnvelope(message)),
          encodeEnvelope(Uint8Array.of(123, 125), endStreamFlag),
        ])
        const parser = createEnvelopeParser(limit)
        const parsed: Envelope[] = split(whole, cuts).flatMap((chunk) => Array.from(parser.push(chunk)))
        parser.end()
        expect(parsed.map(({ payload }) => [...payload])).toEqual([...messages.map((m) => [...m]), [123, 125]])
        expect(parsed.map(({ flags }) => flags)).toEqual([...messages.map(() => 0), endStreamFlag])
      }),
    )
  })

  it('never throw anything but a WireFormatError, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 20 }), (chunks) => {
        const parser = createEnvelopeParser(limit)
        try {
          for (const chunk of chunks)
            for (const { payload } of parser.push(chunk)) expect(payload.byteLength).toBeLessThanOrEqual(limit)
          parser.end()
        } catch (error) {
          expect(error).toBeInstanceOf(WireFormatError)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('are refused by their header alone when they are too long', () => {
    fc.assert(
      fc.property(fc.integer({ min: limit + 1, max: 0xffff_ffff }), (length) => {
        expect(() => createEnvelopeParser(limit).push(header(0, length))).toThrow(WireFormatError)
      }),
    )
  })

  it('of the greatest length are taken', () => {
    const parser = createEnvelopeParser(limit)
    expect(parser.push(encodeEnvelope(new Uint8Array(limit)))).toHaveLength(1)
  })

  it.each([1, 3, 4, 0x80, 0xff])('with flags %i are refused', (flags) => {
    expect(() => createEnvelopeParser(limit).push(header(flags, 0))).toThrow(/unknown flags/)
  })

  it('may not follow the end of the stream', () => {
    const end = encodeEnvelope(new Uint8Array(), endStreamFlag)
    expect(() => createEnvelopeParser(limit).push(concatBytes([end, Uint8Array.of(0)]))).toThrow(/follows the end/)
    const parser = createEnvelopeParser(limit)
    parser.push(end)
    expect(() => parser.push(Uint8Array.of(0))).toThrow(/follows the end/)
  })

  it('that stop before the end of the stream are told apart from a proper end', () => {
    const parser = createEnvelopeParser(limit)
    parser.push(encodeEnvelope(Uint8Array.of(1)))
    expect(() => parser.end()).toThrow(/broke off/)
    parser.push(encodeEnvelope(new Uint8Array(), endStreamFlag))
    expect(() => parser.end()).not.toThrow()
  })

  it('take time that grows with their size, however small the pieces are', () => {
    const bytes = encodeEnvelope(new Uint8Array(1024 * 1024))
    const parser = createEnvelopeParser(bytes.byteLength)
    let parsed = 0
    for (let at = 0; at < bytes.byteLength; at += 16) parsed += parser.push(bytes.subarray(at, at + 16)).length
    expect(parsed).toBe(1)
  }, 2000)
})
