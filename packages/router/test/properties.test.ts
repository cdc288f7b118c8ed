import {
  compareIsolation,
  features,
  type Finding,
  isolationLevels,
  limitKinds,
  type OperationInput,
} from '@caisson/core'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AdapterState, createPolicy, decide, type Policy } from '../src/index.ts'
import { adapter, given, operations } from './given.ts'

const level = fc.constantFrom(...isolationLevels)
const subset = <Item>(items: readonly Item[]) => fc.subarray([...items])

const adapters: fc.Arbitrary<AdapterState[]> = fc.uniqueArray(
  fc
    .record({
      name: fc.stringMatching(/^[a-f]{1,3}$/),
      isolation: level,
      features: subset(features.slice(0, 4)).map((some) => some.concat('egress-allow')),
      limits: subset(limitKinds),
      locality: fc.constantFrom('machine' as const, 'remote' as const),
      status: fc.constantFrom('healthy' as const, 'degraded' as const, 'unavailable' as const),
      perCpuHour: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ name, perCpuHour, ...rest }) =>
      adapter(name, {
        ...rest,
        price: { currency: 'USD', perCpuHour, perGibHour: 0, source: 's', asOf: '2026-11-01' },
      }),
    ),
  { maxLength: 8, selector: ({ name }) => name },
)

const findings: fc.Arbitrary<Finding[]> = fc.array(
  fc.record({
    code: fc.constantFrom('process.spawn', 'network.access', 'archive.bomb'),
    severity: fc.constantFrom('info' as const, 'risky' as const, 'hostile' as const),
    message: fc.constant('m'),
    place: fc.constant('input.code'),
  }),
  { maxLength: 4 },
)

const policies: fc.Arbitrary<Policy> = fc
  .record({
    isolation: level,
    ideal: level,
    features: subset(features.slice(0, 4)),
    limits: subset(limitKinds),
    prefer: fc.constantFrom<'strongest' | 'cheapest' | string[]>('strongest', 'cheapest', ['a', 'bb', 'c']),
    locality: fc.constantFrom('any' as const, 'machine' as const),
    raised: level,
  })
  .map(({ raised, ...wanted }) =>
    createPolicy({
      name: 'generated',
      version: '1',
      classes: { wanted: { ...wanted, egress: { hosts: 'any' } } },
      rules: [
        { id: 'host', when: { kind: 'database.read' }, then: { place: 'host' }, reason: 'host', text: 'Host.' },
        { id: 'rest', then: { place: 'sandbox', class: 'wanted' }, reason: 'rest', text: 'Rest.' },
      ],
      guards: [
        {
          id: 'raise',
          when: { findings: { atLeast: 'risky' } },
          then: { isolation: raised, locality: 'machine', egress: { hosts: [] }, approval: 'required' },
          reason: 'raise',
          text: 'Raise.',
        },
      ],
    }),
  )

const operation: fc.Arbitrary<OperationInput> = fc.constantFrom<OperationInput>(...Object.values(operations))
const budget = fc.option(fc.double({ min: 0, max: 0.01, noNaN: true }), { nil: undefined })

const situation = fc
  .record({ operation, adapters, findings, policy: policies, budget })
  .map(({ operation, budget, ...rest }) =>
    given(operation, { ...rest, ...(budget === undefined ? {} : { remainingBudgetUsd: budget }) }),
  )

const strictness = { host: 0, sandbox: 1, denied: 2 }

it('never takes an adapter that is unavailable, too weak, too far, too poor or too dear', () => {
  fc.assert(
    fc.property(situation, (input) => {
      const { placement, candidates } = decide(input)
      const wanted = input.policy.document.classes['wanted']
      const raised = input.findings.some(({ severity }) => severity !== 'info')
      const floor = input.policy.document.guards[0]?.then.isolation
      if (placement.kind === 'host') expect(raised && floor !== 'none').toBe(false)
      for (const { adapter: name, verdict, estimate } of candidates) {
        if (verdict === 'rejected') continue
        const state = input.adapters.find((one) => one.name === name)
        if (state === undefined || wanted === undefined || floor === undefined) throw new Error('unknown candidate')
        const { isolation, features, limits, locality } = state.capabilities
        expect(state.health.status).not.toBe('unavailable')
        expect(compareIsolation(isolation, wanted.isolation)).toBeGreaterThanOrEqual(0)
        if (raised) expect(compareIsolation(isolation, floor)).toBeGreaterThanOrEqual(0)
        if (raised || wanted.locality === 'machine') expect(locality).toBe('machine')
        expect(features).toEqual(expect.arrayContaining(wanted.features))
        expect(limits).toEqual(expect.arrayContaining(wanted.limits))
        expect(estimate?.amountUsd).toBeLessThanOrEqual(input.remainingBudgetUsd ?? Infinity)
      }
    }),
  )
})

it('gives the same decision whatever the order of the adapters, and names every adapter once', () => {
  fc.assert(
    fc.property(situation, (input) => {
      const decision = decide(input)
      expect(decide({ ...input, adapters: input.adapters.toReversed() })).toEqual(decision)
      expect(decision.candidates.map((one) => one.adapter).toSorted()).toEqual(
        input.adapters.map(({ name }) => name).toSorted(),
      )
    }),
  )
})

it('has a chosen candidate exactly when it places in a sandbox, and then it is the first', () => {
  fc.assert(
    fc.property(situation, (input) => {
      const { placement, candidates } = decide(input)
      const chosen = candidates.filter(({ verdict }) => verdict === 'chosen')
      expect(chosen.map((one) => one.adapter)).toEqual(placement.kind === 'sandbox' ? [placement.adapter] : [])
      if (chosen.length === 1) expect(candidates[0]).toBe(chosen[0])
      else expect(candidates.every(({ verdict }) => verdict === 'rejected')).toBe(true)
    }),
  )
})

it('never denies because an adapter was added', () => {
  fc.assert(
    fc.property(situation, level, (input, isolation) => {
      const before = decide(input)
      const after = decide({ ...input, adapters: [...input.adapters, adapter('zzzz', { isolation })] })
      if (before.placement.kind !== 'denied') expect(after.placement.kind).toBe(before.placement.kind)
    }),
  )
})

it('only gets stricter as findings are added', () => {
  fc.assert(
    fc.property(situation, findings, (input, more) => {
      const before = decide(input)
      const after = decide({ ...input, findings: [...input.findings, ...more] })
      expect(strictness[after.placement.kind]).toBeGreaterThanOrEqual(strictness[before.placement.kind])
      if (after.placement.kind === 'denied') return
      if (before.approval === 'required') expect(after.approval).toBe('required')
      const eligible = (decision: typeof before) =>
        decision.candidates.filter(({ verdict }) => verdict !== 'rejected').map((one) => one.adapter)
      expect(eligible(before)).toEqual(expect.arrayContaining(eligible(after)))
      if (
        before.placement.kind === 'sandbox' &&
        after.placement.kind === 'sandbox' &&
        before.placement.egress?.mode === 'none'
      ) {
        expect(after.placement.egress).toEqual({ mode: 'none' })
      }
    }),
  )
})

it('says so whenever it takes something weaker than the class wishes for', () => {
  fc.assert(
    fc.property(situation, (input) => {
      const { placement, reasons } = decide(input)
      const ideal = input.policy.document.classes['wanted']?.ideal
      if (placement.kind !== 'sandbox' || ideal === undefined) return
      if (compareIsolation(placement.isolation, ideal) < 0) {
        expect(reasons.map(({ code }) => code)).toContain('weaker-than-preferred')
      }
    }),
  )
})
