import { createMemoryAdapter } from '@caisson/conformance/memory'
import { Sandbox, Secret } from 'e2b'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startGateway, type TestGateway } from './support/start-gateway.ts'

let gateway: TestGateway
const started = new AsyncDisposableStack()
beforeAll(async () => {
  const adapter = started.use(createMemoryAdapter())
  gateway = started.use(await startGateway({ adapter, template: adapter.capabilities.templates[0] }))
})
afterAll(async () => {
  expect(gateway.failures).toEqual([])
  await started.disposeAsync()
})

describe('what a sandbox may reach', () => {
  test.each([
    [{ allowOut: ['93.184.0.0/33'] }, "'93.184.0.0/33'"],
    [{ allowOut: ['*'] }, "'*'"],
    [{ allowOut: ['a.*.example.com'] }, "'a.*.example.com'"],
    [{ denyOut: ['example.com'] }, "'example.com'"],
    [{ allowOut: ['exa mple.com'] }, "'exa mple.com'"],
    [{ rules: { 'example.com': [{ transform: { headers: { 'x-key': 'secret' } } }] } }, 'egress.headers'],
    [{ rules: { '10.0.0.1': [{ transform: { headers: { 'x-key': 'secret' } } }] } }, "'10.0.0.1'"],
    [{ rules: { '*': [{ transform: { headers: { 'x-key': 'secret' } } }] } }, "'*'"],
    [{ rules: { 'example.com': [{ transform: { headers: { 'x-key': 'a\r\nx-other: b' } } }] } }, "header 'x-key'"],
    [{ rules: { 'example.com': [{ transform: { headers: { 'transfer-encoding': 'a' } } }] } }, 'transfer-encoding'],
    [{ rules: { 'example.com': [{ transform: { headers: { a: Secret.fill('nobody') } } }] } }, "no secret 'nobody'"],
    [{ rules: { 'example.com': [{ transform: { headers: { a: '${e2b.identity.tokens.aws}' } } }] } }, 'identity'],
    [{ egressProxy: { address: 'proxy.example:1080' } }, 'egressProxy'],
  ])('is refused by name where it cannot be held: %j', async (network, named) => {
    const refused = await Sandbox.create('base', { ...gateway.connection(), network }).catch((error: unknown) => error)
    expect(refused).toMatchObject({ name: 'SandboxError', statusCode: 400, message: expect.stringContaining(named) })
    expect(await Sandbox.list(gateway.connection()).nextItems()).toEqual([])
  })

  test('is not opened by what is denied, and told as it was asked for', async () => {
    const network = { denyOut: ['0.0.0.0/0', '10.0.0.0/8'], allowOut: [] }
    const sandbox = await Sandbox.create('base', { ...gateway.connection(), network })
    expect((await sandbox.getInfo()).network).toMatchObject(network)
    await sandbox.kill()
  })
})

test('a template without the MCP gateway says so, and no sandbox is left', async () => {
  const mcp = { browserbase: {} } as never
  await expect(Sandbox.create('base', { ...gateway.connection(), mcp })).rejects.toThrow('Failed to start MCP gateway')
  expect(await Sandbox.list(gateway.connection()).nextItems()).toEqual([])
})
