import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createRedactor, redact } from '../src/index.ts'
import { canary, disguises, traces } from './support/canary.ts'

it.each(disguises)('hides a known secret written as %s', (text) => {
  const shown = JSON.stringify(redact({ log: `a ${text} b`, [text]: 1, list: [text] }, { secrets: [canary] }))
  for (const trace of traces) expect(shown).not.toContain(trace)
  expect(shown).toContain('[redacted')
})

it('hides any secret in any encoding, wherever it stands', () => {
  const secret = fc
    .string({ minLength: 8, maxLength: 40, unit: 'binary' })
    .filter((text) => text.isWellFormed() && text.trim().length > 6)
  const around = fc.string({ maxLength: 10 })
  fc.assert(
    fc.property(secret, around, around, (hidden, before, after) => {
      const hides = createRedactor({ secrets: [hidden], maxTextLength: 10_000 })
      const whole = Buffer.from(before + hidden + after)
      const encoded = [
        before + hidden + after,
        whole.toString('base64'),
        whole.toString('base64url'),
        whole.toString('hex'),
      ]
      for (const text of encoded) {
        const shown = String(hides(text))
        expect(shown).not.toContain(hidden)
        expect(Buffer.from(shown, 'base64').includes(hidden)).toBe(false)
        expect(Buffer.from(shown, 'hex').includes(hidden)).toBe(false)
      }
    }),
  )
})

it('hides values by the names of their keys and keeps the names', () => {
  expect(
    redact(
      {
        password: 'x',
        apiKey: { id: 1 },
        headers: { Authorization: 'y', 'X-Api-Key': 'z', accept: 'text/html' },
        env: { HOME: '/root', PIN: '1234' },
        tokens: 120,
        inner: 'own',
      },
      { keys: ['INNER'] },
    ),
  ).toEqual({
    password: '[redacted]',
    apiKey: '[redacted]',
    headers: { Authorization: '[redacted]', 'X-Api-Key': '[redacted]', accept: 'text/html' },
    env: { HOME: '[redacted]', PIN: '[redacted]' },
    tokens: 120,
    inner: '[redacted]',
  })
})

it('hides what is assigned to a secret name within a text', () => {
  expect(redact('connect --password=hunter22 --user=me')).toBe('connect --password=[redacted] --user=me')
  expect(redact('{"api_key": "abcdefgh"}')).toBe('{"api_key": "[redacted]"}')
})

it('follows secrets that come and go', () => {
  const secrets: string[] = []
  const redactor = createRedactor({ secrets: () => secrets })
  expect(redactor('the walrus is here')).toBe('the walrus is here')
  secrets.push('walrus')
  expect(redactor('the walrus is here')).toBe('the [redacted] is here')
  secrets[0] = 'penguin'
  expect(redactor('the walrus, the penguin')).toBe('the walrus, the [redacted]')
})

it('sees a secret that lies across the cut', () => {
  const shown = String(redact(`${'a'.repeat(95)}${canary}${'b'.repeat(50)}`, { secrets: [canary], maxTextLength: 100 }))
  expect(shown).not.toContain('Blue')
  expect(shown).toMatch(/^a{95}\[reda \[\d+ characters left out\]$/)
})

it('makes plain data of bounded size of anything', () => {
  const circle: Record<string, unknown> = { when: new Date(0), bytes: new Uint8Array(7), big: 10n, call: () => 1 }
  circle['self'] = circle
  expect(redact(circle)).toEqual({
    when: '1970-01-01T00:00:00.000Z',
    bytes: '[7 bytes]',
    big: '10',
    call: '[function]',
    self: '[circular]',
  })
  expect(redact(new Map([['password', 'x']]))).toEqual({ password: '[redacted]' })
  expect(redact(new Error('no Bearer abcdefghijklmnop1234'))).toEqual({
    name: 'Error',
    message: 'no Bearer [redacted authorization header]',
  })
  const wide = Array.from({ length: 300 }, () => Array.from({ length: 300 }, () => 'x'))
  expect(JSON.stringify(redact(wide)).length).toBeLessThan(2_000_000)
  fc.assert(fc.property(fc.anything(), (value) => typeof JSON.stringify({ value: redact(value) }) === 'string'))
})

it('does not change what it is given, and hides nothing that is harmless', () => {
  const value = Object.freeze({ command: ['python', 'main.py'], bytes: 12, ok: true, none: null })
  expect(redact(value, { secrets: [canary, ''] })).toEqual(value)
})

it('hides addresses and card numbers, and leaves what only looks like them', () => {
  expect(redact('from ann@example.com to ann%40example.com')).toBe(
    'from [redacted e-mail address] to [redacted e-mail address]',
  )
  expect(redact({ card: 4_111_111_111_111_111, text: 'card 5500 0000 0000 0004.' })).toEqual({
    card: '[redacted]',
    text: 'card [redacted card number].',
  })
  const harmless = {
    atMs: 1_795_230_115_694,
    nanos: '1795230115694000000',
    order: '4111 1111 1111 1112',
    decorated: '@caisson/core@0.1.0',
    commit: '4111111111111111abc'.repeat(2),
  }
  expect(redact(harmless)).toMatchObject({ atMs: harmless.atMs, nanos: harmless.nanos, order: harmless.order })
  expect(redact('ann@example.com, 4111111111111111', { personal: false })).toBe('ann@example.com, 4111111111111111')
})

it('hides what its owner says must not appear', () => {
  expect(redact('order ACME-1234 of ACME-77', { patterns: [/ACME-\d+/] })).toBe('order [redacted] of [redacted]')
})

it('is quick with hostile text', () => {
  const started = performance.now()
  for (const text of ['a.'.repeat(20_000), `${'a'.repeat(40_000)}@`, '4'.repeat(40_000), `a@${'b.'.repeat(20_000)}`]) {
    redact(text)
  }
  expect(performance.now() - started).toBeLessThan(2000)
})

it('keeps no content of files that stand in the place of their names', () => {
  expect(redact(`data:image/png;base64,${'iVBORw0KGgo'.repeat(9)}`)).toBe('[121 characters of image/png]')
})
