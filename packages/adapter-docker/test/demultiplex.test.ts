import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDemultiplexer } from '../src/demultiplex.ts'

function frame(stream: number, bytes: Uint8Array): Buffer {
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(bytes.byteLength, 4)
  return Buffer.concat([header, bytes])
}

test('each stream gets its own bytes, wherever the pieces are cut', () => {
  const frames = fc.array(fc.tuple(fc.constantFrom(1, 2), fc.uint8Array({ maxLength: 50 })))
  fc.assert(
    fc.property(frames, fc.infiniteStream(fc.integer({ min: 1, max: 60 })), (sent, cuts) => {
      const got: Record<1 | 2, Buffer[]> = { 1: [], 2: [] }
      const receive = createDemultiplexer({
        stdout: (bytes) => got[1].push(bytes),
        stderr: (bytes) => got[2].push(bytes),
      })
      const bytes = Buffer.concat(sent.map(([stream, part]) => frame(stream, part)))
      for (let at = 0; at < bytes.byteLength;) {
        const size = cuts.next().value
        receive(bytes.subarray(at, at + size))
        at += size
      }
      for (const stream of [1, 2] as const) {
        const expected = Buffer.concat(sent.filter(([number]) => number === stream).map(([, part]) => part))
        expect(Buffer.concat(got[stream]).equals(expected)).toBe(true)
      }
    }),
  )
})

test.each([
  ['a terminal stream without headers', Buffer.from('HTTP/1.1 200')],
  ['a stream that does not exist', frame(7, new Uint8Array(3))],
])('%s is refused', (_, bytes) => {
  expect(() => createDemultiplexer({ stdout: () => undefined, stderr: () => undefined })(bytes)).toThrow(/not a header/)
})
