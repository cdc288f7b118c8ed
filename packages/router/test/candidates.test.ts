import { expect, it } from 'vitest'
import { createPolicy, decide } from '../src/index.ts'
import { adapter, daytona, e2b, given, local, operations, paid } from './given.ts'

const strict = createPolicy({
  name: 'strict',
  version: '1',
  classes: { strict: { isolation: 'gvisor', features: ['terminal'], limits: ['disk'], locality: 'machine' } },
  rules: [{ id: 'all', then: { place: 'sandbox', class: 'strict' }, reason: 'all', text: 'All.' }],
})

it('rejects with one machine-readable reason per obstacle', () => {
  const decision = decide(
    given(operations.code, {
      policy: strict,
      adapters: [
        adapter('far', { status: 'unavailable', limits: [], locality: 'remote', maxTtlMs: 1000, price: paid }),
      ],
      template: 'polyglot',
      resources: { pids: 100 },
      remainingBudgetUsd: 0,
    }),
  )
  expect(decision.candidates[0]?.reasons.map(({ code, evidence }) => [code, evidence])).toEqual([
    ['unhealthy', undefined],
    ['isolation-too-weak', undefined],
    ['feature-missing', 'terminal'],
    ['limit-missing', 'disk'],
    ['limit-missing', 'pids'],
    ['template-unknown', 'polyglot'],
    ['ttl-too-long', undefined],
    ['locality', undefined],
    ['over-budget', undefined],
  ])
})

it('writes amounts as people read them', () => {
  const tight = given(operations.code, {
    adapters: [adapter('far', { price: paid })],
    remainingBudgetUsd: 0.000000123456789,
    resources: { cpus: 3 },
  })
  const texts = decide(tight).candidates[0]?.reasons.map(({ text }) => text)
  expect(texts).toContain('Would cost $0.002633; $0.0000001235 are left.')
})

it('says what is missing when nothing qualifies', () => {
  const { placement, reasons } = decide(given(operations.code, { policy: strict, adapters: [local] }))
  expect(reasons[0]?.code).toBe('no-adapter-qualifies')
  expect(placement).toEqual({
    kind: 'denied',
    missing: [
      'an available adapter that reaches gvisor and offers terminal and holds limits on disk and runs on this machine',
      'local: Reaches container; gvisor is needed. Lacks the feature terminal.',
    ],
  })
})

it('estimates allocated resources times expected duration times sandboxes in use', () => {
  const { estimate } = decide(
    given(operations.batch, {
      adapters: [daytona],
      resources: { cpus: 2, memoryBytes: 4 * 1024 ** 3 },
      expectedDurationMs: 1_800_000,
    }),
  )
  expect(estimate?.amountUsd).toBeCloseTo((2 * 0.05 + 4 * 0.016) * 0.5 * 2, 12)
  expect(estimate?.durationMs).toBe(1_800_000)
  expect(estimate?.basis).toContain('price list, 2026-11-01')
})

it('goes for the cheaper one when the preferred one is over the budget', () => {
  const decision = decide(given(operations.code, { remainingBudgetUsd: 0, adapters: [e2b, local] }))
  expect(decision.placement).toMatchObject({ adapter: 'local' })
  expect(decision.reasons.find(({ code }) => code === 'weaker-than-preferred')?.text).toContain('over-budget')
})

it('breaks ties by health, cost, latency and name, and tells of a degraded choice', () => {
  const names = (adapters: Parameters<typeof adapter>[]) =>
    decide(given(operations.code, { adapters: adapters.map((one) => adapter(...one)) })).candidates.map(
      (candidate) => candidate.adapter,
    )
  expect(names([['b'], ['a']])).toEqual(['a', 'b'])
  expect(
    names([
      ['a', { latencyMs: 30 }],
      ['b', { latencyMs: 20 }],
    ]),
  ).toEqual(['b', 'a'])
  expect(
    names([
      ['a', { price: paid }],
      ['b', { latencyMs: 20 }],
    ]),
  ).toEqual(['b', 'a'])
  expect(
    names([
      ['a', { status: 'degraded' }],
      ['b', { price: paid }],
    ]),
  ).toEqual(['b', 'a'])

  const degraded = decide(
    given(operations.code, { adapters: [adapter('a', { status: 'degraded', reason: 'slow disk' })] }),
  )
  expect(degraded.reasons).toContainEqual({ code: 'degraded', text: 'a is degraded: slow disk.' })
})

it('prefers by price where the class says so', () => {
  const decision = decide(given(operations.code, { trust: 'internal' }))
  expect(decision.placement).toMatchObject({ adapter: 'local', class: 'internal' })
  expect(decision.candidates.map((candidate) => candidate.adapter)).toEqual(['local', 'e2b', 'daytona'])
})

const only = (fallbacks: string[] | 'any') =>
  createPolicy({
    name: 'only',
    version: '1',
    classes: { cloud: { isolation: 'container', prefer: ['e2b'], fallbacks } },
    rules: [{ id: 'all', then: { place: 'sandbox', class: 'cloud' }, reason: 'all', text: 'All.' }],
    settings: { defaultBackend: 'local' },
  })
const ill = adapter('e2b', { status: 'unavailable', isolation: 'microvm' })

it('falls back to what the class accepts and to nothing else, whatever the settings prefer', () => {
  const place = (policy: ReturnType<typeof only>, adapters = [local, daytona, e2b]) => {
    const { placement, candidates } = decide(given(operations.code, { policy, adapters }))
    const reasons = candidates.find(({ adapter: name }) => name === 'local')?.reasons.map(({ code }) => code)
    return [placement.kind === 'sandbox' ? placement.adapter : placement.kind, reasons]
  }
  expect(place(only(['daytona']))).toEqual(['e2b', ['not-accepted']])
  expect(place(only(['daytona']), [local, daytona, ill])).toEqual(['daytona', ['not-accepted']])
  expect(place(only([]), [local, daytona, ill])).toEqual(['denied', ['not-accepted']])
  expect(place(only('any'))[0]).toBe('local')
})

it('keeps the order of the fallbacks, and says what is missing', () => {
  const ordered = decide(
    given(operations.code, { policy: only(['local', 'daytona']), adapters: [daytona, e2b, local] }),
  )
  expect(ordered.candidates.map(({ adapter: name }) => name)).toEqual(['local', 'e2b', 'daytona'])
  const { placement } = decide(given(operations.code, { policy: only([]), adapters: [local, ill] }))
  expect(placement).toMatchObject({
    kind: 'denied',
    missing: [
      'an available adapter that reaches container and is e2b',
      'local: The class accepts no other than e2b.',
      'e2b: The adapter is unavailable.',
    ],
  })
})
