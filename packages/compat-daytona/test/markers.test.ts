import { concatBytes } from '@caisson/core'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { createSplitter, type Marker } from '../src/toolbox/sessions/markers.ts'

const secret = 'a'.repeat(32)
const begin = (command: string, text: string) =>
  `\u001E${secret}:B:${command}:${Buffer.from(text).toString('base64')}\u001E`
const end = (command: string, code: number) => `\u001E${secret}:E:${command}:${code}\u001E`

test('markers are found and output is kept byte for byte, however the stream is cut', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ maxLength: 200 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 }),
      (first, second, cuts) => {
        const whole = Buffer.concat([Buffer.from(begin('c1', 'echo ü')), first, Buffer.from(end('c1', 7)), second])
        const split = createSplitter(secret)
        const seen: Marker[] = []
        const output: Uint8Array[] = []
        let at = 0
        for (const length of [...cuts, whole.byteLength]) {
          for (const piece of split(whole.subarray(at, at + length)))
            if (piece instanceof Uint8Array) output.push(piece)
            else seen.push(piece)
          at += length
        }
        for (const piece of split(Buffer.from(end('c2', 0)))) if (piece instanceof Uint8Array) output.push(piece)
        expect(seen).toEqual([
          { kind: 'begin', command: 'c1', text: 'echo ü' },
          { kind: 'end', command: 'c1', exitCode: 7 },
        ])
        expect(Buffer.from(concatBytes(output)).equals(Buffer.concat([first, second]))).toBe(true)
      },
    ),
  )
})
