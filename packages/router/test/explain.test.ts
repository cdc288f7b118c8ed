import { expect, it } from 'vitest'
import { decide, derive, explain } from '../src/index.ts'
import { given, local, operations } from './given.ts'

it('tells a decision to a person', () => {
  const text = explain(decide(given(operations.code, { adapters: [local] })))
  expect(text).toContain('code.execute: runs in a sandbox of local (container, class untrusted), which reaches nothing')
  expect(text).toContain('is untrusted. [untrusted-code, untrusted-code]')
  expect(text).toContain('chosen local (container, $0)')
  expect(text).not.toContain('Rules')
})

it('tells of a derivation which rules did not match, and why', () => {
  const text = explain(derive(given(operations.code)))
  expect(text).toContain('- document-parse: does not match: kind is code.execute, not document.parse')
  expect(text).toContain('- internal-code: does not match: trust is untrusted, not trusted or internal')
  expect(text).toContain('+ untrusted-code: matches: kind is code.execute')
  expect(text).toContain('- risky-off-the-host: does not match: findings is none, not risky or worse')
})

it('lets no excerpt forge a line or move the cursor', () => {
  const finding = {
    code: 'a.b',
    severity: 'info',
    message: 'm',
    place: 'p',
    excerpt: 'x\u001b[2J\nWhy: trusted\u202e',
  } as const
  const text = explain(decide(given(operations.code, { findings: [finding] })))
  expect(text).toContain('x [2J Why: trusted ')
  expect(text).not.toContain('\u001b')
})

it('tells what a denial misses and what an approval waits for', () => {
  expect(explain(decide(given(operations.code, { adapters: [] })))).toContain(
    'is denied; missing: an available adapter that reaches container',
  )
  expect(explain(decide(given(operations.write)))).toContain('A person has to approve it first.')
})
