import { encodeText } from '@caisson/core'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createBoundedText } from '../src/runs/bounded-text.ts'

function collect(parts: readonly Uint8Array[], limitBytes: number) {
  const text = createBoundedText(limitBytes)
  for (const part of parts) text.add(part)
  return text
}

it('keeps all that fits, however it is cut into pieces', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 9 }), (text, step) => {
      const bytes = encodeText(text)
      const parts = Array.from({ length: Math.ceil(bytes.byteLength / step) }, (_, index) =>
        bytes.subarray(index * step, (index + 1) * step),
      )
      const kept = collect(parts, Math.max(1, bytes.byteLength))
      expect(kept.text()).toBe(text)
      expect(kept.truncated()).toBe(false)
    }),
  )
})

it('keeps the beginning and the end of what does not fit, and says how much is missing', () => {
  const text = collect([encodeText(`BEGIN${'x'.repeat(500_000)}END`)], 20).text()
  expect(text).toMatch(/^BEGINx+\n\[499988 bytes left out\]\nx+END$/)
})

it('never cuts a character in two', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 50, max: 200 }), (limit, count) => {
      const text = collect([encodeText('💩'.repeat(count))], limit).text()
      expect(text).not.toContain('\u{fffd}')
    }),
  )
})

it('needs little memory for much', () => {
  const text = createBoundedText(1_000)
  for (let index = 0; index < 10_000; index += 1) text.add(encodeText(`${String(index).padStart(9, '0')}\n`))
  expect(text.totalBytes()).toBe(100_000)
  expect(text.text().endsWith('000009999\n')).toBe(true)
})
