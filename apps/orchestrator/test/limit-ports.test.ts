import { createMemoryAdapter } from '@caisson/conformance/memory'
import { createPolicy, decide, operationHash } from '@caisson/router'
import { type Decision, decisionIdSchema, operationSchema } from '@caisson/core'
import { expect, it, onTestFinished } from 'vitest'
import { limitPorts, portsOf } from '../src/sandboxes/limit-ports.ts'

function decisionWith(ports: 'any' | number[] | undefined): Decision {
  const operation = operationSchema.parse({ kind: 'command.run', input: { argv: ['sandbox'] }, ports: 'any' })
  const { name, capabilities } = createMemoryAdapter()
  return decide({
    decisionId: decisionIdSchema.parse('d1'),
    operation,
    operationHash: operationHash(operation),
    organization: 'acme',
    policy: createPolicy({
      name: 'ports',
      version: '1',
      classes: { any: { isolation: 'none', ...(ports === undefined ? {} : { permissions: { ports } }) } },
      rules: [{ id: 'all', then: { place: 'sandbox', class: 'any' }, reason: 'all', text: 'All.' }],
    }),
    adapters: [{ name, capabilities, health: { status: 'healthy', checkedAtMs: 0, latencyMs: 0 } }],
    hostFunctions: [],
    findings: [],
    nowMs: 0,
  })
}

it.each([
  ['any', 'any', []],
  [[8080, 3000], '8080,3000', ['port-cut']],
  [[], '', ['port-cut']],
  [undefined, '', ['port-cut']],
] as const)('writes down what a policy that grants %j leaves of any port', (granted, label, codes) => {
  const decision = decisionWith(granted === undefined || granted === 'any' ? granted : [...granted])
  expect(portsOf(decision)).toBe(label)
  expect(decision.reasons.map(({ code }) => code).filter((code) => code === 'port-cut')).toEqual(codes)
})

it('serves the ports that the policy leaves, and no other', async () => {
  const adapter = createMemoryAdapter()
  const sandbox = await adapter.create({})
  onTestFinished(async () => await sandbox[Symbol.asyncDispose]())
  const withPorts = {
    ...sandbox,
    ports: {
      connect: async () => new TransformStream<Uint8Array, Uint8Array>(),
      url: async (port: number) => `http://sandbox:${port}`,
    },
  }
  const limited = limitPorts(withPorts, '8080')
  expect(await limited.ports?.connect(8080)).toBeDefined()
  expect(await limited.ports?.url?.(8080)).toBe('http://sandbox:8080')
  await expect(limited.ports?.connect(22)).rejects.toMatchObject({ code: 'permission-denied' })
  await expect(limited.ports?.url?.(22)).rejects.toMatchObject({ code: 'permission-denied' })
  expect(await limitPorts(withPorts, 'any').ports?.connect(22)).toBeDefined()
  await expect(limitPorts(withPorts, '').ports?.connect(8080)).rejects.toMatchObject({ code: 'permission-denied' })
})
