import { createMemoryAdapter } from '@caisson/conformance/memory'
import { Sandbox } from 'e2b'
import { afterAll, beforeAll, expect, test } from 'vitest'
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

const wanted = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-api-key,e2b-sandbox-id' }

test.each(['/v2/sandboxes', '/process.Process/Start', '/files?path=a'])(
  'a page may ask %s from a browser, which asks first without a key',
  async (path) => {
    const asked = await fetch(`${gateway.url}${path}`, { method: 'OPTIONS', headers: wanted })
    expect(asked.status).toBe(204)
    expect(asked.headers.get('access-control-allow-origin')).toBe('*')
    expect(asked.headers.get('access-control-allow-headers')).toBe(wanted['access-control-request-headers'])
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull()
  },
)

test('a page may read answers and errors', async () => {
  const sandbox = await Sandbox.create('base', gateway.connection())
  const url = `${gateway.url}/filesystem.Filesystem/Stat`
  const headers = { 'e2b-sandbox-id': sandbox.sandboxId, 'e2b-sandbox-port': '49983' }
  for (const response of [
    await fetch(`${gateway.url}/v2/sandboxes`, { headers: { 'x-api-key': gateway.connection().apiKey } }),
    await fetch(`${gateway.url}/v2/sandboxes`),
    await fetch(url, { method: 'POST', headers, body: '{}' }),
  ]) {
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('access-control-expose-headers')).toBe('*')
    await response.body?.cancel()
  }
  await sandbox.kill()
})

test('what programs in sandboxes allow is for them to say', async () => {
  const sandbox = await Sandbox.create('base', gateway.connection())
  const headers = { ...wanted, 'e2b-sandbox-id': sandbox.sandboxId, 'e2b-sandbox-port': '3000' }
  const asked = await fetch(gateway.url, { method: 'OPTIONS', headers })
  expect(asked.headers.get('access-control-allow-origin')).toBeNull()
  await asked.body?.cancel()
  await sandbox.kill()
})
