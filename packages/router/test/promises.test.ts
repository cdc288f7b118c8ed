import { compareIsolation, isolationLevels, type OperationInput } from '@caisson/core'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { airGappedPolicy, decide, strictPolicy, type Policy } from '../src/index.ts'
import { adapter, given, operations } from './given.ts'

const situation = fc.record({
  operation: fc.constantFrom<OperationInput>(...Object.values(operations)),
  trust: fc.constantFrom('trusted' as const, 'internal' as const, 'untrusted' as const),
  sensitivity: fc.constantFrom('public' as const, 'internal' as const, 'restricted' as const),
  adapters: fc.uniqueArray(
    fc.record({
      name: fc.stringMatching(/^[a-f]{1,2}$/),
      isolation: fc.constantFrom(...isolationLevels),
      locality: fc.constantFrom('machine' as const, 'remote' as const),
    }),
    { minLength: 1, maxLength: 6, selector: ({ name }) => name },
  ),
})

function decideBy(
  policy: Policy,
  { operation, adapters, ...rest }: typeof situation extends fc.Arbitrary<infer Value> ? Value : never,
) {
  return decide(
    given(operation, {
      ...rest,
      policy,
      adapters: adapters.map(({ name, ...overrides }) =>
        adapter(name, { features: ['egress-allow', 'ports'], ...overrides }),
      ),
      egress: [{ host: 'example.com', port: 443, allowPrivateAddress: true }],
      packages: ['pypi'],
      ports: 'any',
    }),
  )
}

it('air-gapped: nothing leaves the machine, whatever is asked for and by whom', () => {
  let inSandbox = 0
  fc.assert(
    fc.property(situation, (one) => {
      const { placement, candidates } = decideBy(airGappedPolicy, one)
      if (placement.kind !== 'sandbox') return
      inSandbox += 1
      expect(placement.egress).toEqual({ mode: 'none' })
      expect(placement.permissions?.packages).toEqual([])
      for (const { adapter: name, verdict } of candidates) {
        const state = one.adapters.find((other) => other.name === name)
        if (verdict !== 'rejected') expect(state?.locality).toBe('machine')
      }
    }),
    { numRuns: 300 },
  )
  expect(inSandbox).toBeGreaterThan(20)
})

it('strict: untrusted work never runs below gVisor, and a document never below a virtual machine', () => {
  let inSandbox = 0
  fc.assert(
    fc.property(situation, (one) => {
      const { placement, kind } = decideBy(strictPolicy, one)
      if (placement.kind !== 'sandbox') return
      inSandbox += 1
      if (kind === 'document.parse') expect(placement.isolation).toBe('microvm')
      if (one.trust === 'untrusted') expect(compareIsolation(placement.isolation, 'gvisor')).toBeGreaterThanOrEqual(0)
    }),
    { numRuns: 300 },
  )
  expect(inSandbox).toBeGreaterThan(20)
})
