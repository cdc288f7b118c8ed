import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseLine } from '../src/lines.ts'

it('reads output byte for byte', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.nat(), fc.constantFrom('o', 'e', 't'), (bytes, offset, kind) => {
      const line = parseLine(`${kind}${offset} ${Buffer.from(bytes).toString('base64')}`)
      expect(line).toMatchObject({ type: 'output', chunk: { offset, bytes } })
    }),
  )
})

it.each([
  ['xexited 137 12 3', { outcome: { kind: 'exited', code: 137 }, durationMs: 12, outputBytes: 3 }],
  ['xsignaled 15 12 3', { outcome: { kind: 'signaled', signal: 'SIGTERM' }, durationMs: 12, outputBytes: 3 }],
  ['xout-of-memory 9 12 3', { outcome: { kind: 'out-of-memory' }, durationMs: 12, outputBytes: 3 }],
])('reads how a process ended: %s', (text, result) => {
  expect(parseLine(text)).toEqual({ type: 'result', result })
})

it('takes nothing else from a sandbox, whatever it says', () => {
  for (const text of [
    '',
    'H',
    'H12 short none',
    'xdied 1 2 3',
    'xexited -1 2 3',
    'o1 !!',
    'o-1 aGk=',
    'F',
    'a1e9',
    'toString',
  ])
    expect(parseLine(text)).toBeUndefined()
  fc.assert(fc.property(fc.string(), (text) => void parseLine(text)))
})
