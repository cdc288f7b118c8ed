import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parsePolicyTests, runPolicyTests, shippedPolicies } from '../src/index.ts'

describe.each(Object.entries(shippedPolicies))('the policy %s', (name, policy) => {
  const path = new URL(`../src/policies/${name}.test.yaml`, import.meta.url)
  const tests = parsePolicyTests(readFileSync(path, 'utf8'), `${name}.test.yaml`)

  it.each(runPolicyTests(policy, tests))('$name', ({ differences }) => {
    expect(differences).toEqual([])
  })
})

it('has at least forty cases beside the seven rows of the matrix', () => {
  const path = new URL('../src/policies/default.test.yaml', import.meta.url)
  const { cases } = parsePolicyTests(readFileSync(path, 'utf8'), 'default.test.yaml')
  expect(cases.filter(({ name }) => name.startsWith('matrix: '))).toHaveLength(7)
  expect(cases.length).toBeGreaterThanOrEqual(47)
})
