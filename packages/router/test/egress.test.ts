import { expect, it } from 'vitest'
import { createPolicy, decide, planSandbox } from '../src/index.ts'
import { adapter, given, local, operations } from './given.ts'

const policy = createPolicy({
  name: 'egress',
  version: '1',
  classes: {
    open: { isolation: 'container', egress: { hosts: ['*.example.com', 'pypi.org'], privateAddresses: true } },
  },
  rules: [{ id: 'all', then: { place: 'sandbox', class: 'open' }, reason: 'all', text: 'All.' }],
  guards: [
    {
      id: 'no-private',
      when: { trust: 'untrusted' },
      then: { egress: { hosts: 'any', privateAddresses: false } },
      reason: 'private',
      text: 'No.',
    },
    {
      id: 'hostile',
      when: { findings: { atLeast: 'hostile', codes: ['process.*'] } },
      then: { egress: { hosts: [] } },
      reason: 'hostile',
      text: 'No.',
    },
  ],
})

const egress = [
  { host: 'API.example.com', port: 443 },
  { host: 'example.com', port: 443 },
  { host: 'evilexample.com', port: 443 },
  { host: 'pypi.org', port: 443, allowPrivateAddress: true },
]

it('leaves what every grant allows and gives a reason for each cut', () => {
  const { placement, reasons } = decide(given(operations.code, { policy, egress }))
  expect(placement).toMatchObject({
    egress: {
      mode: 'allow',
      rules: [
        { host: 'API.example.com', port: 443 },
        { host: 'pypi.org', port: 443 },
      ],
    },
  })
  expect(
    reasons.filter(({ code }) => code.endsWith('-cut')).map(({ code, rule, evidence }) => [code, rule, evidence]),
  ).toEqual([
    ['egress-cut', 'all', 'example.com:443'],
    ['egress-cut', 'all', 'evilexample.com:443'],
    ['private-address-cut', 'no-private', 'pypi.org:443'],
  ])
  const trusted = decide(given(operations.code, { policy, egress, trust: 'internal' }))
  expect(trusted.placement).toMatchObject({ egress: { rules: [{}, { allowPrivateAddress: true }] } })
})

it('cuts everything for hostile findings of the named kind only', () => {
  const finding = { severity: 'hostile', message: 'm', place: 'input.code' } as const
  const bomb = decide(given(operations.code, { policy, egress, findings: [{ ...finding, code: 'process.bomb' }] }))
  expect(bomb.placement).toMatchObject({ egress: { mode: 'none' } })
  const other = decide(given(operations.code, { policy, egress, findings: [{ ...finding, code: 'archive.bomb' }] }))
  expect(other.placement).toMatchObject({ egress: { mode: 'allow' } })
})

it('gives an HTTP request exactly its target, and denies it when the target is cut', () => {
  const http = decide(given(operations.http, { policy }))
  expect(http.placement).toMatchObject({ egress: { mode: 'allow', rules: [{ host: 'api.example.com', port: 443 }] } })
  const url = 'http://[::1]:8080/'
  const cut = decide(given({ kind: 'http.request', input: { url } }, { policy }))
  expect(cut.placement).toEqual({ kind: 'denied', missing: ['leave to reach ::1:8080'] })
  expect(cut.reasons[0]).toMatchObject({ code: 'egress-cut', evidence: '::1:8080' })
})

it('needs an adapter that enforces the allow list only when something is left to reach', () => {
  const plain = adapter('plain', { features: [] })
  expect(decide(given(operations.http, { policy, adapters: [plain] })).placement.kind).toBe('denied')
  const nothing = given(operations.code, { policy, adapters: [plain], egress: [{ host: 'other.org', port: 1 }] })
  expect(decide(nothing).placement).toMatchObject({ kind: 'sandbox', egress: { mode: 'none' } })
})

it('lets a policy of names and networks through only to adapters that can hold it, and only where any host is allowed', () => {
  const wide = [{ host: '*', port: 'any' as const }]
  const narrow = decide(given(operations.code, { policy, egress: wide }))
  expect(narrow.placement).toMatchObject({ egress: { mode: 'none' } })
  expect(narrow.reasons).toContainEqual(expect.objectContaining({ code: 'egress-cut', evidence: '*:any' }))
  const exact = adapter('exact', { features: ['egress-allow'] })
  const open = adapter('open', { features: ['egress-allow', 'egress-networks'] })
  const decided = decide(given(operations.code, { egress: wide, adapters: [exact, open] }))
  expect(decided.placement).toMatchObject({ adapter: 'open', egress: { mode: 'allow', rules: wide } })
})

it('plans a sandbox from the placement and the operation alone', () => {
  const input = given(operations.code, {
    policy,
    egress,
    adapters: [local],
    template: 'host',
    resources: { cpus: 2 },
    timeoutMs: 30_000,
  })
  const { placement } = decide(input)
  if (placement.kind !== 'sandbox') throw new Error(placement.kind)
  expect(planSandbox(placement, input.operation)).toEqual({
    template: 'host',
    resources: { cpus: 2 },
    ttlMs: 150_000,
    onExpiry: 'destroy',
    egress: placement.egress,
  })
})
