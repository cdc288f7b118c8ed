import {
  compareIsolation,
  type Finding,
  type IsolationLevel,
  isolationLevels,
  type OperationInput,
  operationKinds,
} from '@caisson/core'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { createPolicy, decide, type PolicyInput, underService } from '../src/index.ts'
import { adapter, given, operations } from './given.ts'

const level = fc.constantFrom(...isolationLevels)
const names = ['a', 'b', 'c', 'd'] as const
const adapterName = fc.constantFrom(...names)
const trust = fc.constantFrom('trusted' as const, 'internal' as const, 'untrusted' as const)
const maybe = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { nil: undefined, freq: 2 })

/** Without the members that are not given. */
function withoutUndefined<Data extends object>(data: Data): { [Key in keyof Data]?: Exclude<Data[Key], undefined> } {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Data]?: Exclude<Data[Key], undefined>
  }
}

const conditions = fc
  .record({
    kind: maybe(fc.subarray([...operationKinds], { minLength: 1 })),
    trust: maybe(trust),
    organization: maybe(fc.constantFrom('acme', 'globex')),
    agentType: maybe(fc.constantFrom('researcher', 'crawler')),
  })
  .map(withoutUndefined)

const restrictions = fc
  .record({ isolation: maybe(level), ideal: maybe(level), locality: maybe(fc.constant('machine' as const)) })
  .map(withoutUndefined)

const settings = fc.record({
  defaultBackend: fc.constantFrom(...names),
  backends: fc.dictionary(adapterName, fc.record({ enabled: fc.boolean() })),
  agentOverrides: fc.dictionary(fc.constantFrom('researcher', 'crawler'), restrictions),
})

const policies: fc.Arbitrary<PolicyInput> = fc
  .record({
    classes: fc.array(
      fc.record({
        isolation: level,
        ideal: level,
        prefer: fc.constantFrom<'strongest' | 'cheapest' | string[]>('strongest', 'cheapest', ['c', 'a']),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    rules: fc.array(fc.record({ when: conditions, place: fc.nat(4) }), { minLength: 1, maxLength: 5 }),
    guards: fc.array(
      fc.record({
        when: conditions,
        findings: maybe(fc.constantFrom('info' as const, 'risky' as const, 'hostile' as const)),
        then: restrictions,
      }),
      { maxLength: 4 },
    ),
    settings,
    organizations: fc.dictionary(fc.constantFrom('acme', 'globex'), settings),
  })
  .map(({ classes, rules, guards, settings, organizations }) => ({
    name: 'generated',
    version: '1',
    classes: Object.fromEntries(classes.map((one, index) => [`c${index}`, one])),
    rules: rules.map(({ when, place }, index) => ({
      id: `r${index}`,
      when,
      then: place < 2 ? { place: 'host' } : { place: 'sandbox', class: `c${place % classes.length}` },
      reason: 'r',
      text: 'R.',
    })),
    guards: guards.map(({ when, findings, then }, index) => ({
      id: `g${index}`,
      when: findings === undefined ? when : { ...when, findings: { atLeast: findings } },
      then,
      reason: 'g',
      text: 'G.',
    })),
    settings,
    organizations,
  }))

const situations = fc.record({
  operation: fc.constantFrom<OperationInput>(...Object.values(operations)),
  trust,
  isolation: maybe(level),
  organization: fc.constantFrom('acme', 'globex', 'other'),
  agentType: maybe(fc.constantFrom('researcher', 'crawler')),
  severity: maybe(fc.constantFrom<Finding['severity']>('info', 'risky', 'hostile')),
  adapters: fc.uniqueArray(
    fc.record({
      name: adapterName,
      isolation: level,
      status: fc.constantFrom('healthy' as const, 'degraded' as const, 'unavailable' as const),
    }),
    { minLength: 2, selector: ({ name }) => name },
  ),
})
type Situation = typeof situations extends fc.Arbitrary<infer Value> ? Value : never

/** Read off the policy as its author meant it, without the router. */
function floorOf(policy: PolicyInput, { operation, ...situation }: Situation): IsolationLevel | undefined {
  const { organization, agentType, trust, severity } = situation
  const holds = (when: NonNullable<NonNullable<PolicyInput['guards']>[number]['when']> = {}) =>
    (when.kind === undefined || [when.kind].flat().includes(operation.kind)) &&
    (when.trust === undefined || when.trust === trust) &&
    (when.organization === undefined || when.organization === organization) &&
    (when.agentType === undefined || when.agentType === agentType) &&
    (when.findings === undefined ||
      (severity !== undefined && severities.indexOf(severity) >= severities.indexOf(when.findings.atLeast)))
  const rule = policy.rules?.find(({ when }) => holds(when))
  if (rule === undefined || rule.then.place === 'denied') return undefined
  const base = rule.then.place === 'sandbox' ? policy.classes?.[rule.then.class]?.isolation : 'none'
  const layers = [policy.settings, policy.organizations?.[organization]]
  const raises = [
    base,
    situation.isolation,
    ...(policy.guards ?? []).flatMap(({ when, then }) => (holds(when) ? [then.isolation] : [])),
    ...layers.map((layer) => (agentType === undefined ? undefined : layer?.agentOverrides?.[agentType]?.isolation)),
  ]
  return raises.reduce<IsolationLevel>(
    (most, raise) => (raise !== undefined && compareIsolation(raise, most) > 0 ? raise : most),
    'none',
  )
}

const severities: readonly Finding['severity'][] = ['info', 'risky', 'hostile']

function inputOf({ operation, adapters, severity, agentType, isolation, ...rest }: Situation, policy: PolicyInput) {
  return given(operation, {
    ...rest,
    ...(agentType === undefined ? {} : { agentType }),
    ...(isolation === undefined ? {} : { isolation }),
    adapters: adapters.map(({ name, ...overrides }) => adapter(name, overrides)),
    findings: severity === undefined ? [] : [{ code: 'a.b', severity, message: 'm', place: 'p' }],
    policy: createPolicy(policy),
  })
}

function assertFloor(floor: IsolationLevel | undefined, decision: ReturnType<typeof decide>): void {
  const { placement, candidates } = decision
  if (placement.kind === 'denied') return
  if (floor === undefined) expect.fail('nothing was to be placed')
  if (placement.kind === 'host') {
    expect(floor).toBe('none')
    return
  }
  expect(compareIsolation(placement.isolation, floor)).toBeGreaterThanOrEqual(0)
  for (const { verdict, isolation } of candidates) {
    if (verdict !== 'rejected') expect(compareIsolation(isolation, floor)).toBeGreaterThanOrEqual(0)
  }
}

it('places nothing below its floor, whatever the policy and whatever the operation', () => {
  const seen = { host: 0, sandbox: 0, denied: 0 }
  fc.assert(
    fc.property(policies, situations, (policy, situation) => {
      const decision = decide(inputOf(situation, policy))
      seen[decision.placement.kind] += 1
      assertFloor(floorOf(policy, situation), decision)
    }),
    { numRuns: 600 },
  )
  // Else it would prove nothing.
  expect(seen.host).toBeGreaterThan(0)
  expect(seen.sandbox).toBeGreaterThan(0)
})

it('lets no policy of an organization place anything below the guards of the service', () => {
  fc.assert(
    fc.property(policies, policies, situations, (own, service, situation) => {
      const input = inputOf(situation, own)
      const guardsOnly = {
        ...service,
        rules: [{ id: 'all', then: { place: 'host' as const }, reason: 'x', text: 'X.' }],
      }
      const decision = decide({ ...input, policy: underService(input.policy, createPolicy(service)) })
      assertFloor(floorOf(guardsOnly, situation), decision)
    }),
    { numRuns: 150 },
  )
})

it('never has a person asked less than the policy says, and never more people than two', () => {
  fc.assert(
    fc.property(situations, fc.array(fc.constantFrom(1, 2), { minLength: 1, maxLength: 3 }), (situation, people) => {
      const input = inputOf(situation, {
        name: 'asking',
        version: '1',
        extends: 'default',
        guards: people.map((count, index) => ({
          id: `ask-${index}`,
          then: { approval: { people: count, expiresAfterMs: 1000 * (index + 1) } },
          reason: 'ask',
          text: 'Ask.',
        })),
      })
      const { placement, approvalTerms } = decide(input)
      if (placement.kind === 'denied') return
      expect(approvalTerms).toEqual({ people: Math.max(...people), expiresAfterMs: 1000 })
    }),
  )
})
