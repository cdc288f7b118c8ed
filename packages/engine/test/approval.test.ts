import type { OperationInput } from '@caisson/core'
import { expect, it } from 'vitest'
import { acme, createHarness, eventually, globex, untilStatus } from './support/harness.ts'

const write: OperationInput = { kind: 'entity.write', input: { entity: 'customer', id: '7', value: { name: 'Ann' } } }

function withWrites(options: Parameters<typeof createHarness>[0] = {}) {
  const written: unknown[] = []
  const harness = createHarness({
    hostFunctions: {
      'entity.write': async (input, { run }) => {
        written.push(input.value)
        return { stored: input.id, run }
      },
    },
    ...options,
  })
  const pending = async () =>
    await eventually(async () => (await harness.engine.approvals.list(acme, { state: 'pending' }))[0])
  return { ...harness, written, pending }
}

it('waits for a person, then does it once', async () => {
  const { engine, written, pending } = withWrites()
  const { id } = await engine.submit(write, acme)
  const approval = await pending()
  expect(approval).toMatchObject({ run: id, kind: 'entity.write' })
  expect(approval.summary).toContain('customer 7')
  await untilStatus(engine, id, 'awaiting-approval')
  expect(written).toEqual([])
  await engine.approvals.grant(approval.id, acme, { by: 'bob' })
  const run = await engine.wait(id, acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { stored: '7', run: id }, attempts: [] })
  expect(written).toEqual([{ name: 'Ann' }])
  expect(await engine.approvals.list(acme)).toMatchObject([{ state: 'used', decidedBy: 'bob' }])
  await expect(engine.approvals.grant(approval.id, acme, { by: 'bob' })).rejects.toMatchObject({ code: 'conflict' })
  expect((await engine.audit(acme)).map(({ action }) => action)).toContain('approval.granted')
})

it('does not do what was denied, and says by whom', async () => {
  const { engine, written, pending } = withWrites()
  const { id } = await engine.submit(write, acme)
  await engine.approvals.deny((await pending()).id, acme, { by: 'bob', reason: 'wrong customer' })
  const run = await engine.wait(id, acme)
  expect(run).toMatchObject({ status: 'denied', error: { code: 'approval-denied' } })
  expect(run.error?.message).toContain('wrong customer')
  expect(written).toEqual([])
})

it('does not do what nobody answered in time', async () => {
  const { engine, written } = withWrites({ limits: { approvalMs: 60 } })
  const run = await engine.run(write, acme)
  expect(run).toMatchObject({ status: 'denied', error: { code: 'approval-expired' } })
  expect(written).toEqual([])
  expect(await engine.approvals.list(acme)).toMatchObject([{ state: 'expired' }])
})

it('refuses an answer that comes too late', async () => {
  let now = Date.now()
  const { engine, pending } = withWrites({ clock: { now: () => now } })
  const { id } = await engine.submit(write, acme)
  const approval = await pending()
  await untilStatus(engine, id, 'awaiting-approval')
  now = approval.expiresAtMs
  await expect(engine.approvals.grant(approval.id, acme, { by: 'bob' })).rejects.toMatchObject({
    code: 'approval-expired',
  })
  expect(await engine.wait(id, acme)).toMatchObject({ status: 'denied', error: { code: 'approval-expired' } })
})

it('hides approvals from other organizations', async () => {
  const { engine, pending } = withWrites()
  await engine.submit(write, acme)
  const { id } = await pending()
  expect(await engine.approvals.list(globex)).toEqual([])
  await expect(engine.approvals.grant(id, globex, { by: 'eve' })).rejects.toMatchObject({ code: 'approval-not-found' })
})

it('answers on another engine than the one that asked, which may be gone', async () => {
  const first = withWrites()
  const { id } = await first.engine.submit(write, acme)
  await first.pending()
  await untilStatus(first.engine, id, 'awaiting-approval')
  await first.engine.close()
  const second = withWrites({ stores: first.stores, adapters: [first.adapter] })
  await second.engine.recover()
  await second.engine.approvals.grant((await second.pending()).id, acme, { by: 'bob' })
  expect(await second.engine.wait(id, acme)).toMatchObject({ status: 'succeeded' })
  expect(second.written).toHaveLength(1)
  expect(first.written).toHaveLength(0)
})

it('does not take a grant for something else than what was asked', async () => {
  const { engine, stores, written, pending } = withWrites()
  const { id, organization } = await engine.submit(write, acme)
  const approval = await pending()
  const waiting = await untilStatus(engine, id, 'awaiting-approval')
  const record = (await stores.runs.get(organization, id)) ?? expect.fail('no record')
  const decision = waiting.decision ?? expect.fail('no decision')
  const tampered = { ...waiting, decision: { ...decision, policy: { ...decision.policy, hash: 'other' } } }
  await stores.runs.update(organization, id, record.version, { run: tampered })
  await engine.approvals.grant(approval.id, acme, { by: 'bob' })
  expect(await engine.wait(id, acme)).toMatchObject({ status: 'failed', error: { code: 'forbidden' } })
  expect(written).toEqual([])
})

it('cancels a run that waits', async () => {
  const { engine, written, pending } = withWrites()
  const { id } = await engine.submit(write, acme)
  const { id: approval } = await pending()
  await untilStatus(engine, id, 'awaiting-approval')
  expect(await engine.cancel(id, acme)).toMatchObject({ status: 'cancelled' })
  await expect(engine.approvals.grant(approval, acme, { by: 'bob' })).rejects.toMatchObject({ code: 'conflict' })
  expect(await engine.get(id, acme)).toMatchObject({ status: 'cancelled' })
  expect(written).toEqual([])
})
