import { setTimeout } from 'node:timers/promises'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import { organizationIdSchema } from '@caisson/core'
import { expect, test } from 'vitest'
import { startGateway, type TestGateway } from './support/start-gateway.ts'

async function post({ url, connection }: TestGateway, path: string, body: object): Promise<number> {
  const headers = { authorization: `Bearer ${connection().apiKey}`, 'content-type': 'application/json' }
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  await response.text()
  return response.status
}

test.each([
  ['sandbox', '/sandbox'],
  ['volume', '/volumes'],
])('of clients that make a %s of one name at one time one has it', async (_kind, path) => {
  await using gateway = await startGateway(createMemoryAdapter({ name: 'local' }))
  const { records } = gateway.memory.host
  const { list } = records
  // A database takes a moment, in which the others ask, too.
  const slowly: typeof list = async (...which) => {
    const listed = await list(...which)
    await setTimeout(50)
    return listed
  }
  Object.assign(records, { list: slowly })
  const all = await Promise.all(Array.from({ length: 5 }, async () => await post(gateway, path, { name: 'mine' })))
  expect(all.toSorted((left, right) => left - right)).toEqual([200, 409, 409, 409, 409])
  expect(gateway.memory.held()).toHaveLength(path === '/sandbox' ? 1 : 0)
  expect(await post(gateway, path, { name: 'other' })).toBe(200)
})

test('a name is free again when what was to have it could not be made', async () => {
  await using gateway = await startGateway(createMemoryAdapter({ name: 'local' }))
  expect(await post(gateway, '/sandbox', { name: 'mine', snapshot: 'nobody-has-it' })).toBe(404)
  expect(await post(gateway, '/sandbox', { name: 'mine' })).toBe(200)
})

test('a name that a replica held when it died is free after a while', async () => {
  await using gateway = await startGateway(createMemoryAdapter({ name: 'local' }))
  const hold = async (atMs: number) =>
    await gateway.memory.host.records.put('name', organizationIdSchema.parse('acme'), 'sandbox/acme/mine', { atMs })
  await hold(Date.now())
  expect(await post(gateway, '/sandbox', { name: 'mine' })).toBe(409)
  await hold(Date.now() - 3_600_000)
  expect(await post(gateway, '/sandbox', { name: 'mine' })).toBe(200)
})
