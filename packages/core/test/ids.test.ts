import { expect, it } from 'vitest'
import { freshId, sandboxIdSchema } from '../src/index.ts'

it('makes identifiers that suit host names and are never the same', () => {
  const ids = new Set(Array.from({ length: 2000 }, () => freshId()))
  expect(ids.size).toBe(2000)
  for (const id of ids) expect(id).toMatch(/^[a-z0-9]{26}$/)
})

it.each(['', '../x', 'a/b', 'a b', '.hidden', 'x'.repeat(129), 'a\nb'])('refuses %j', (id) => {
  expect(sandboxIdSchema.safeParse(id).success).toBe(false)
})
