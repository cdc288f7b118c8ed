import { isOperationError } from '@caisson/core'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { defaultPolicy, parsePolicy } from '../src/index.ts'

const yaml = `name: small
version: '1'
classes:
  safe:
    isolation: container
rules:
  - id: code
    when: { kind: [code.execute] }
    then: { place: sandbox, class: safe }
    reason: untrusted-code
    text: It is untrusted.
`

function messageOf(text: string): string {
  try {
    parsePolicy(text, 'policy.yaml')
  } catch (error) {
    if (isOperationError(error) && error.code === 'invalid-policy') return error.message
    throw error
  }
  throw new Error('the policy was accepted')
}

it('reads YAML and JSON, and the same meaning has the same hash', () => {
  const policy = parsePolicy(yaml, 'policy.yaml')
  expect(policy).toMatchObject({ name: 'small', version: '1' })
  expect(policy.hash).toMatch(/^[0-9a-f]{64}$/)
  const { rules, ...rest } = policy.document
  expect(parsePolicy(JSON.stringify({ rules, ...rest }), 'policy.json').hash).toBe(policy.hash)
  expect(parsePolicy(yaml.replace('untrusted.', 'dangerous.'), 'policy.yaml').hash).not.toBe(policy.hash)
})

it('reads its own default policy back from YAML', () => {
  expect(parsePolicy(stringify(defaultPolicy.document), 'default.yaml').hash).toBe(defaultPolicy.hash)
})

it.each([
  [
    'an unknown class',
    yaml.replace('class: safe', 'class: sfe'),
    'policy.yaml:9:36: rules.0.then.class: there is no class "sfe"',
  ],
  [
    'an unknown key',
    yaml.replace('    reason:', '    raeson: x\n    reason:'),
    'policy.yaml:10:13: rules.0.raeson: no such key',
  ],
  [
    'an unknown key below then',
    yaml.replace('class: safe }', 'class: safe, aproval: required }'),
    'rules.0.then.aproval: no such key',
  ],
  [
    'a wrong word in a list',
    yaml.replace('code.execute', 'code.exec'),
    'policy.yaml:8:20: rules.0.when.kind.0: Invalid option',
  ],
  ['a missing member', yaml.replace('    text: It is untrusted.\n', ''), 'policy.yaml:7:5: rules.0.text: '],
  ['an id used twice', yaml + yaml.slice(yaml.indexOf('  - id')), 'policy.yaml:12:9: rules.1.id: "code" is used twice'],
  [
    'a range in which nothing lies',
    yaml.replace('when: { kind: [code.execute] }', 'when: { parallelism: { atLeast: 5, below: 5 } }'),
    'policy.yaml:8:26: rules.0.when.parallelism: nothing is at least atLeast and below below',
  ],
  [
    'fallbacks of nothing',
    yaml.replace('isolation: container', 'isolation: container\n    fallbacks: [docker]'),
    'policy.yaml:6:16: classes.safe.fallbacks: say with a list in prefer',
  ],
  [
    'a finding that there is not',
    `${yaml}guards: [{ id: g, when: { findings: { atLeast: info, codes: [network.*, procces.spawn] } }, then: { place: denied }, reason: r, text: t }]\n`,
    'policy.yaml:12:73: guards.0.when.findings.codes.1: inspection finds nothing called procces.spawn',
  ],
  ['broken YAML', yaml.replace('{ kind', '{ ] kind'), 'policy.yaml:8:13: '],
  ['a key used twice', `${yaml}name: other\n`, 'policy.yaml:12:1: '],
  ['a list', '- 1', 'policy.yaml:1:1: '],
  ['nothing', '', 'policy.yaml:1:1: '],
])('names line, column and path of %s', (_name, text, expected) => {
  expect(messageOf(text)).toContain(expected)
})

it('does not let a finding make anything laxer: rules cannot ask about findings', () => {
  expect(messageOf(yaml.replace('{ kind:', '{ findings: { atLeast: info }, kind:'))).toContain(
    'rules.0.when.findings: no such key',
  )
})

it('survives an alias bomb', () => {
  const levels = Array.from({ length: 12 }, (_, level) =>
    level === 0
      ? 'a0: &a0 [x, x]'
      : `a${level}: &a${level} [${Array(9)
          .fill(`*a${level - 1}`)
          .join(', ')}]`,
  )
  expect(messageOf(levels.join('\n'))).toContain('policy.yaml')
})

it('refuses a text that is too long before it reads it', () => {
  expect(messageOf('#'.repeat(1024 * 1024 + 1))).toContain('at most')
})
