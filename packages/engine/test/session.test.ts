import { createMemoryAdapter } from '@caisson/conformance/memory'
import { expect, it } from 'vitest'
import { acme, bash, createHarness, globex, sandboxesOf } from './support/harness.ts'

const session = 'chat 7'

it('shares a sandbox and its files among the operations of a session', async () => {
  const { engine, adapter } = createHarness()
  const first = await engine.run({ ...bash('echo kept > note.txt'), session }, acme)
  const second = await engine.run({ ...bash('cat note.txt'), session }, acme)
  expect(first.attempts).toMatchObject([{ acquired: 'cold' }])
  expect(second).toMatchObject({ value: { stdout: 'kept\n' }, attempts: [{ acquired: 'session' }] })
  expect(await sandboxesOf(adapter)).toHaveLength(1)
  const { destroyed } = await engine.recover()
  expect(destroyed).toBe(0)
})

it('does not share it with another session, organization or size', async () => {
  const { engine, adapter } = createHarness()
  await engine.run({ ...bash('echo kept > note.txt'), session }, acme)
  const others = [
    await engine.run({ ...bash('cat note.txt'), session: 'other' }, acme),
    await engine.run({ ...bash('cat note.txt'), session }, globex),
    await engine.run({ ...bash('cat note.txt'), session, resources: { cpus: 2 } }, acme),
    await engine.run(bash('cat note.txt'), acme),
  ]
  for (const run of others) expect(run).toMatchObject({ status: 'failed', attempts: [{ acquired: 'cold' }] })
  expect(await sandboxesOf(adapter)).toHaveLength(4)
})

it('makes a new sandbox when that of the session is gone', async () => {
  const adapter = createMemoryAdapter()
  const { engine } = createHarness({ adapters: [adapter] })
  await engine.run({ ...bash('true'), session }, acme)
  for (const { id } of await sandboxesOf(adapter)) await adapter.destroy(id)
  const run = await engine.run({ ...bash('echo fine'), session }, acme)
  expect(run).toMatchObject({ status: 'succeeded', attempts: [{ acquired: 'cold' }] })
})
