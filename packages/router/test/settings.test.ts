import { isOperationError } from '@caisson/core'
import { describe, expect, it } from 'vitest'
import {
  createPolicy,
  decide,
  defaultPolicy,
  defineConfig,
  derive,
  parsePolicy,
  strictPolicy,
  underService,
} from '../src/index.ts'
import { adapter, daytona, e2b, given, local, operations } from './given.ts'

const docker = adapter('docker')
const adapters = [local, docker, e2b, daytona]

function placed(
  config: Parameters<typeof defineConfig>[0],
  input: Parameters<typeof given>[0],
  overrides: Parameters<typeof given>[1] = {},
) {
  return decide(given(input, { adapters, policy: createPolicy(defineConfig(config)), ...overrides }))
}

describe('a default backend', () => {
  it('comes first, and what was stronger is told', () => {
    const decision = placed({ defaultBackend: 'docker' }, operations.code)
    expect(decision.placement).toMatchObject({ adapter: 'docker' })
    expect(decision.reasons).toContainEqual(
      expect.objectContaining({ code: 'preferred-backend', evidence: 'settings.defaultBackend' }),
    )
    expect(decision.reasons.map(({ code }) => code)).toContain('weaker-than-preferred')
    expect(decision.candidates[1]?.reasons[0]?.text).toContain(
      'the preference of the settings: place 1 against not named',
    )
  })

  it('never gets what its isolation does not allow', () => {
    const decision = placed({ defaultBackend: 'docker', policy: 'strict' }, operations.code)
    expect(decision.placement).toMatchObject({ adapter: 'e2b', isolation: 'microvm' })
    expect(decision.reasons.find(({ code }) => code === 'preferred-not-available')?.text).toBe(
      'The settings prefer docker: docker is rejected (isolation-too-weak).',
    )
  })

  it('of an organization beats that of the service, and that of an agent type both', () => {
    const config = {
      defaultBackend: 'docker',
      agentOverrides: { researcher: { backend: 'e2b' } },
      organizations: {
        acme: { defaultBackend: 'local', agentOverrides: { crawler: { backend: 'daytona' } } },
      },
    }
    const adapterFor = (overrides: Parameters<typeof given>[1]) => {
      const { placement } = placed(config, operations.code, overrides)
      return placement.kind === 'sandbox' ? placement.adapter : placement.kind
    }
    expect(adapterFor({ organization: 'globex' })).toBe('docker')
    expect(adapterFor({ organization: 'acme' })).toBe('local')
    expect(adapterFor({ organization: 'acme', agentType: 'crawler' })).toBe('daytona')
    expect(adapterFor({ organization: 'globex', agentType: 'crawler' })).toBe('docker')
    expect(adapterFor({ organization: 'acme', agentType: 'researcher' })).toBe('e2b')
  })
})

describe('the settings of a backend', () => {
  it('switch it off, for all or for one organization', () => {
    const config = {
      backends: { daytona: { enabled: false } },
      organizations: { acme: { backends: { e2b: { enabled: false } } } },
    }
    const acme = placed(config, operations.code, { organization: 'acme' })
    expect(acme.placement).toMatchObject({ isolation: 'container' })
    expect(acme.candidates.find((one) => one.adapter === 'e2b')?.reasons).toEqual([
      { code: 'switched-off', text: 'The settings do not allow it.', evidence: 'organizations.acme.backends.e2b' },
    ])
    const globex = placed(config, operations.code, { organization: 'globex' })
    expect(globex.placement).toMatchObject({ adapter: 'e2b' })
    expect(globex.candidates.find((one) => one.adapter === 'daytona')?.verdict).toBe('rejected')
  })

  it('bound how long and how dear an operation may be, and say where it is', () => {
    const config = { backends: { e2b: { maxDurationMs: 10_000, maxCostUsd: 0.0001, region: 'eu' } } }
    const decision = placed(config, operations.code, { region: 'us', adapters: [e2b] })
    expect(decision.candidates[0]?.reasons.map(({ code }) => code)).toEqual(['region', 'duration-too-long', 'too-dear'])
    expect(placed({ backends: { e2b: { region: 'eu' } } }, operations.code, { region: 'eu' }).placement).toMatchObject({
      adapter: 'e2b',
    })
  })
})

describe('an override for a type of agent', () => {
  const config: Parameters<typeof defineConfig>[0] = {
    agentOverrides: {
      intern: {
        isolation: 'gvisor',
        egress: { hosts: ['*.example.com'] },
        permissions: { maxDurationMs: 5_000, artifacts: { count: 3 }, packages: [], ports: [] },
        approval: { people: 2, expiresAfterMs: 60_000 },
      },
      banned: { place: 'denied' },
    },
  }

  it('only makes it stricter', () => {
    const asked = {
      agentType: 'intern',
      timeoutMs: 60_000,
      ports: [8080],
      packages: ['pypi'],
      egress: [
        { host: 'api.example.com', port: 443 },
        { host: 'elsewhere.org', port: 443 },
      ],
    }
    const decision = placed(config, operations.code, asked)
    expect(decision.placement).toEqual({
      kind: 'sandbox',
      adapter: 'e2b',
      isolation: 'microvm',
      class: 'untrusted',
      egress: { mode: 'allow', rules: [{ host: 'api.example.com', port: 443 }] },
      permissions: { timeoutMs: 5_000, ports: [], packages: [], artifacts: { count: 3 } },
    })
    expect(decision.approvalTerms).toEqual({ people: 2, expiresAfterMs: 60_000 })
    expect(decision.reasons.map(({ code, evidence }) => [code, evidence])).toEqual(
      expect.arrayContaining([
        ['egress-cut', 'elsewhere.org:443'],
        ['duration-cut', '60000'],
        ['port-cut', '8080'],
        ['packages-cut', 'pypi'],
      ]),
    )
    const without = placed(config, operations.code, {
      ...asked,
      agentType: 'senior',
      adapters: [adapter('served', { features: ['egress-allow', 'ports'] })],
    })
    expect(without.placement).toMatchObject({ permissions: { ports: [8080], packages: ['pypi'] } })
    expect(without.approval).toBe('none')
  })

  it('can deny altogether, and the derivation names where that is written', () => {
    const policy = createPolicy(defineConfig(config))
    const { decision, guards } = derive(given(operations.code, { policy, agentType: 'banned' }))
    expect(decision.placement.kind).toBe('denied')
    expect(decision.reasons[0]).toMatchObject({ code: 'agent-override', rule: 'settings.agentOverrides.banned' })
    expect(guards.filter(({ matched }) => matched).map(({ source }) => source.id)).toContain(
      'settings.agentOverrides.banned',
    )
  })
})

it('is the same policy as data and as a typed file', () => {
  const typed = createPolicy(
    defineConfig({ policy: 'strict', defaultBackend: 'docker', organizations: { acme: { defaultBackend: 'e2b' } } }),
  )
  const data = parsePolicy(
    `name: workspace
version: '1'
extends: strict
settings: { defaultBackend: docker }
organizations: { acme: { defaultBackend: e2b } }
`,
    'policy.yaml',
  )
  expect(data.hash).toBe(typed.hash)
})

describe('a policy that stands on another one', () => {
  it('reads its own rules first and keeps all guards', () => {
    const policy = createPolicy({
      name: 'mine',
      version: '1',
      extends: 'default',
      rules: [
        {
          id: 'entity-write',
          when: { kind: 'entity.write' },
          then: { place: 'host' },
          reason: 'we-trust',
          text: 'We do.',
        },
      ],
    })
    expect(decide(given(operations.write, { policy })).approval).toBe('none')
    expect(policy.rules.filter(({ source }) => source.id === 'entity-write')).toHaveLength(1)
    expect(policy.guards.map(({ source }) => source.id)).toEqual(defaultPolicy.guards.map(({ source }) => source.id))
  })

  it('can replace no guard', () => {
    const text = `name: mine
version: '1'
extends: strict
guards:
  - id: untrusted-floor
    then: {}
    reason: x
    text: X.
`
    expect(() => parsePolicy(text, 'mine.yaml')).toThrow('mine.yaml:5:9: guards.0.id: "untrusted-floor" is used twice')
  })

  it('has to have rules, be it those of the other', () => {
    try {
      createPolicy({ name: 'empty', version: '1' })
      expect.fail('it was accepted')
    } catch (error) {
      expect(isOperationError(error) && error.code === 'invalid-policy' && error.field === 'rules').toBe(true)
    }
  })
})

it('holds an organization to the guards and settings of the service', () => {
  const service = createPolicy(defineConfig({ policy: 'strict', backends: { daytona: { enabled: false } } }))
  const lax = createPolicy({
    name: 'lax',
    version: '1',
    classes: { any: { isolation: 'none', prefer: 'cheapest' } },
    rules: [{ id: 'all', then: { place: 'sandbox', class: 'any' }, reason: 'all', text: 'All.' }],
  })
  const both = underService(lax, service)
  expect(decide(given(operations.code, { policy: lax })).placement).toMatchObject({ adapter: 'local' })
  const decision = decide(given(operations.code, { policy: both }))
  expect(decision.placement).toMatchObject({ adapter: 'e2b', isolation: 'microvm' })
  expect(decision.candidates.find((one) => one.adapter === 'daytona')?.reasons.map(({ code }) => code)).toContain(
    'switched-off',
  )
  expect(decision.policy.hash).not.toBe(decide(given(operations.code, { policy: lax })).policy.hash)
  expect(underService(strictPolicy, strictPolicy)).toBe(strictPolicy)
})
