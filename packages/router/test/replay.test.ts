import { expect, it } from 'vitest'
import { createPolicy, decide, defaultPolicy, replay } from '../src/index.ts'
import { e2b, given, local, operations } from './given.ts'

const cheap = createPolicy({
  ...defaultPolicy.document,
  name: 'cheap',
  classes: { ...defaultPolicy.document.classes, untrusted: { isolation: 'container', prefer: 'cheapest' } },
})

it('tells what another policy would have changed, with the difference in cost', () => {
  const past = [operations.code, operations.read, operations.code].map((operation) => {
    const { policy, ...input } = given(operation, { adapters: [local, e2b], expectedDurationMs: 3_600_000 })
    return { input, decision: decide({ ...input, policy }) }
  })
  const result = replay(cheap, past)
  const hourly = 0.05 + 0.5 * 0.016
  expect(result.total).toBe(3)
  expect(result.changes.map(({ after }) => after.placement)).toMatchObject([{ adapter: 'local' }, { adapter: 'local' }])
  expect(result.changes[0]?.costDifferenceUsd).toBeCloseTo(-hourly, 12)
  expect(result.costBeforeUsd).toBeCloseTo(2 * hourly, 12)
  expect(result.costAfterUsd).toBe(0)
  expect(replay(defaultPolicy, past).changes).toEqual([])
})

it('counts no other name of a class as a change', () => {
  const { policy, ...input } = given(operations.code, { adapters: [local] })
  const before = decide({ ...input, policy })
  const renamed = createPolicy({
    name: 'renamed',
    version: '1',
    classes: { other: { isolation: 'container' } },
    rules: [{ id: 'all', when: {}, then: { place: 'sandbox', class: 'other' }, reason: 'all', text: 'Everything.' }],
  })
  expect(replay(renamed, [{ input, decision: before }]).changes).toEqual([])
})
