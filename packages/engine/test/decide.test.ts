import { createMemoryAdapter } from '@caisson/conformance/memory'
import { parsePolicy } from '@caisson/router'
import { expect, it } from 'vitest'
import { acme, bash, createHarness, sandboxesOf } from './support/harness.ts'

it('decides without running or storing anything', async () => {
  const { engine, adapter } = createHarness()
  const decision = await engine.decide(bash('curl evil.example'), acme)
  expect(decision).toMatchObject({ kind: 'code.execute', placement: { kind: 'sandbox', adapter: 'memory' } })
  expect(decision.findings.length).toBeGreaterThan(0)
  expect(await sandboxesOf(adapter)).toEqual([])
  expect((await engine.list(acme)).runs).toEqual([])
})

it('denies what no adapter is strong enough for, and says what is missing', async () => {
  const { engine, adapter } = createHarness({ adapters: [createMemoryAdapter({ isolation: 'process' })] })
  const run = await engine.run(bash('true'), acme)
  expect(run).toMatchObject({
    status: 'denied',
    decision: { placement: { kind: 'denied' } },
    error: { code: 'denied' },
  })
  expect(run.error?.remedy).toContain('container')
  expect(run.attempts).toEqual([])
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('tells what a sandbox would cost elsewhere, also where none can be had here', async () => {
  const { engine } = createHarness({ adapters: [createMemoryAdapter({ isolation: 'process' })] })
  const { placement, elsewhere = [] } = await engine.decide(bash('true'), acme)
  expect(placement.kind).toBe('denied')
  expect(elsewhere.map(({ provider }) => provider)).toContain('e2b')
  expect(elsewhere.every(({ amountUsd }) => amountUsd > 0)).toBe(true)
})

it('names a template that no adapter has, and not only the policy', async () => {
  const { engine } = createHarness()
  const run = await engine.run({ ...bash('true'), template: 'nowhere' }, acme)
  expect(run).toMatchObject({
    status: 'denied',
    error: {
      code: 'denied',
      field: 'template',
      message: 'no adapter has the template nowhere',
      remedy: expect.stringContaining('caisson template build'),
    },
  })
})

it('asks for the policy at each decision, per organization', async () => {
  const deny = (name: string) =>
    parsePolicy(
      `name: ${name}\nversion: "1"\nrules: [{ id: closed, then: { place: denied }, reason: closed, text: Nothing runs today. }]`,
      'test',
    )
  const asked: string[] = []
  const { engine } = createHarness({
    policy: async (organization) => {
      asked.push(organization)
      return deny(organization)
    },
  })
  const run = await engine.run(bash('true'), acme)
  expect(run).toMatchObject({ status: 'denied', error: { message: 'Nothing runs today.' } })
  expect(run.decision?.policy.name).toBe('acme')
  expect(asked).toEqual(['acme'])
})

it('refuses a request that the policy has cut off, before a sandbox is made', async () => {
  const network = { lookup: async () => ['203.0.113.7'], connect: async () => await Promise.reject(new Error('no')) }
  const adapter = createMemoryAdapter({ network: network as never })
  const policy = parsePolicy(
    [
      'name: closed',
      'version: "1"',
      'classes: { inner: { isolation: container } }',
      'rules: [{ id: all, then: { place: sandbox, class: inner }, reason: all, text: Everything runs inside. }]',
    ].join('\n'),
    'test',
  )
  const { engine } = createHarness({ adapters: [adapter], policy })
  const run = await engine.run({ kind: 'http.request', input: { url: 'https://example.com/' } }, acme)
  expect(run).toMatchObject({ status: 'denied', error: { code: 'denied' } })
  expect(run.attempts).toEqual([])
})
