import { decisionSchema } from '@caisson/core'
import { expect, it } from 'vitest'
import { decide } from '../src/index.ts'
import { adapter, daytona, e2b, given, local, operations } from './given.ts'

it.each([
  ['read', 'host', undefined, 'none', 'trusted-internal-operation'],
  ['write', 'host', undefined, 'required', 'write-needs-approval'],
  ['document', 'sandbox', 'e2b', 'none', 'untrusted-file-content'],
  ['code', 'sandbox', 'e2b', 'none', 'untrusted-code'],
  ['command', 'sandbox', 'e2b', 'none', 'untrusted-code'],
  ['http', 'sandbox', 'e2b', 'none', 'untrusted-external-endpoint'],
  ['agents', 'sandbox', 'daytona', 'none', 'isolation-and-parallelism'],
  ['batch', 'sandbox', 'daytona', 'none', 'long-running-and-resource-intensive'],
] as const)('places %s as the decision matrix says', (name, ...expected) => {
  const [kind, adapterName, approval, reason] = expected
  const decision = decide(given(operations[name]))
  expect(decisionSchema.parse(decision)).toEqual(decision)
  expect(decision.placement.kind).toBe(kind)
  if (decision.placement.kind === 'sandbox') expect(decision.placement.adapter).toBe(adapterName)
  expect(decision.approval).toBe(approval)
  expect(decision.reasons[0]?.code).toBe(reason)
  expect(decision.candidates.map((candidate) => candidate.adapter).toSorted()).toEqual(['daytona', 'e2b', 'local'])
})

it('works on a laptop that has only local, and says what it would rather have had', () => {
  const code = decide(given(operations.code, { adapters: [local] }))
  expect(code.placement).toMatchObject({
    kind: 'sandbox',
    adapter: 'local',
    isolation: 'container',
    class: 'untrusted',
  })
  expect(code.reasons).toContainEqual(
    expect.objectContaining({
      code: 'weaker-than-preferred',
      text: 'microvm is preferred; local reaches container: no stronger adapter is configured.',
    }),
  )
  const batch = decide(given(operations.batch, { adapters: [local] }))
  expect(batch.reasons.find(({ code }) => code === 'preferred-not-available')?.text).toContain(
    'daytona is not configured',
  )
})

it('takes the strongest rung that is healthy and names the stronger one that is not', () => {
  const down = { ...e2b, health: { ...e2b.health, status: 'unavailable' as const, reason: 'no key' } }
  const decision = decide(
    given(operations.code, { adapters: [local, down, adapter('runsc', { isolation: 'gvisor' })] }),
  )
  expect(decision.placement).toMatchObject({ adapter: 'runsc' })
  expect(decision.candidates.map(({ adapter, verdict }) => [adapter, verdict])).toEqual([
    ['runsc', 'chosen'],
    ['local', 'fallback'],
    ['e2b', 'rejected'],
  ])
  expect(decision.candidates[2]?.reasons).toEqual([{ code: 'unhealthy', text: 'no key' }])
  expect(decision.reasons.find(({ code }) => code === 'weaker-than-preferred')?.text).toContain(
    'e2b is rejected (unhealthy)',
  )
})

it('keeps restricted data on this machine', () => {
  const decision = decide(given(operations.code, { sensitivity: 'restricted' }))
  expect(decision.placement).toMatchObject({ kind: 'sandbox', adapter: 'local' })
  expect(decision.reasons.map(({ code }) => code)).toContain('restricted-data')
  const elsewhere = decide(given(operations.code, { sensitivity: 'restricted', adapters: [e2b, daytona] }))
  expect(elsewhere.placement.kind).toBe('denied')
})

it('asks a person before restricted data is read for somebody untrusted', () => {
  const asked = decide(given(operations.read, { sensitivity: 'restricted' }))
  expect(asked).toMatchObject({ placement: { kind: 'host' }, approval: 'required' })
  expect(asked.reasons.map(({ code }) => code)).toContain('restricted-read-needs-approval')
  expect(decide(given(operations.read, { sensitivity: 'restricted', trust: 'internal' })).approval).toBe('none')
})

it('does not place on a host that has no function for it', () => {
  const decision = decide(given(operations.read, { hostFunctions: [] }))
  expect(decision.placement).toEqual({ kind: 'denied', missing: ['a host function for database.read'] })
  expect(decision.reasons[0]?.code).toBe('host-function-missing')
})

it('keeps risky content off the host', () => {
  const finding = { code: 'secret.text', severity: 'risky', message: 'm', place: 'input.value' } as const
  const decision = decide(given(operations.write, { findings: [finding] }))
  expect(decision.placement.kind).toBe('denied')
  expect(decision.approval).toBe('none')
  expect(decision.reasons[0]?.code).toBe('risky-content')
})
