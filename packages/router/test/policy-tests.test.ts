import { expect, it } from 'vitest'
import { defaultPolicy, parsePolicyTests, runPolicyTests } from '../src/index.ts'

const table = (expectation: string) => `
adapters: { local: {}, e2b: { isolation: microvm, locality: remote } }
cases:
  - name: code
    operation: { kind: code.execute, input: { language: python, code: print(1) } }
    expect: ${expectation}
`

function differences(expectation: string): readonly string[] {
  const tests = parsePolicyTests(table(expectation), 'table.yaml')
  return runPolicyTests(defaultPolicy, tests).flatMap((result) => result.differences)
}

it('has nothing to say of what is as expected', () => {
  expect(differences('{ place: sandbox, adapter: e2b, fallbacks: [local], approval: none, egress: [] }')).toEqual([])
})

it.each([
  ['{ place: host }', 'place is sandbox, not host'],
  ['{ adapter: local }', 'adapter is e2b, not local'],
  ['{ isolation: gvisor }', 'isolation is microvm, not gvisor'],
  ['{ class: fleet }', 'class is untrusted, not fleet'],
  ['{ fallbacks: [] }', 'fallbacks is ["local"], not []'],
  ['{ approval: required }', 'approval is none, not required'],
  ['{ people: 2 }', 'people is nothing, not 2'],
  ['{ reason: other }', 'reason is untrusted-code, not other'],
  ['{ reasons: [other] }', 'no reason other among untrusted-code'],
  ["{ egress: ['a:1'] }", 'egress is [], not ["a:1"]'],
  ['{ timeoutMs: 5 }', 'timeoutMs is nothing, not 5'],
  ['{ ports: [] }', 'ports is nothing, not []'],
  ['{ packages: [] }', 'packages is nothing, not []'],
  ['{ rejected: { local: [unhealthy] } }', 'rejected.local is nothing, not ["unhealthy"]'],
])('says what is otherwise than %s', (expectation, difference) => {
  expect(differences(expectation)).toEqual([difference])
})

it.each([
  ['{ adaptor: local }', 'table.yaml:6:24: cases.0.expect.adaptor: no such key'],
  ['{ place: nowhere }', 'table.yaml:6:22: cases.0.expect.place: '],
])('names line and path of %s', (expectation, message) => {
  expect(() => parsePolicyTests(table(expectation), 'table.yaml')).toThrow(message)
})
