import { createMemoryAdapter } from '@caisson/conformance/memory'
import { freshId } from '@caisson/core'
import { Sandbox, Template } from 'e2b'
import { expect, test } from 'vitest'
import { startGateway } from './support/start-gateway.ts'

test('what was built for a client is nobody else’s, even by its name', async () => {
  const built = `e2b-${freshId('b')}`
  await using adapter = createMemoryAdapter({ templates: ['base', built] })
  await using gateway = await startGateway({ adapter })
  await (await Sandbox.create('base', gateway.connection())).kill()
  await expect(Sandbox.create(built, gateway.connection())).rejects.toThrow('not found')
  expect(await Template.exists(built, gateway.connection())).toBe(false)
  expect(await Template.exists('base', gateway.connection())).toBe(true)
  expect(gateway.failures).toEqual([])
})
