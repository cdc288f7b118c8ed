import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { shellQuote } from '../src/index.ts'

const word = fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => !text.includes('\0') && text.isWellFormed())

it('gives every word back through a real shell', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 20 }), (words) => {
      const script = `printf '%s\\0' ${words.map(shellQuote).join(' ')}`
      const printed = execFileSync('/bin/sh', ['-c', script]).toString('utf8')
      expect(printed).toBe(words.map((text) => `${text}\0`).join(''))
    }),
    { numRuns: 60 },
  )
})

it('leaves plain words readable', () => {
  expect(shellQuote('/usr/bin/python3')).toBe('/usr/bin/python3')
  expect(shellQuote('')).toBe("''")
})
