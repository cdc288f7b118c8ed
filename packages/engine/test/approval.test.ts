import type { OperationInput } from '@caisson/core'
import { createPolicy } from '@caisson/router'
import { describe, expect, it } from 'vitest'
import type { EngineEvent } from '../src/index.ts'
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
  await stores.runs.update(record, { run: tampered })
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

const asking = (approval: object) =>
  createPolicy({
    name: 'asking',
    version: '1',
    extends: 'default',
    guards: [{ id: 'ask', when: { kind: 'entity.write' }, then: { approval }, reason: 'ask', text: 'Ask.' }],
  })

describe('when two people have to agree', () => {
  const policy = asking({ people: 2 })

  it('takes two, and neither of them the one who asked', async () => {
    const { engine, written, pending } = withWrites({ policy })
    const { id } = await engine.submit(write, acme)
    const approval = await pending()
    expect(approval).toMatchObject({ people: 2, requestedBy: 'agent-1' })
    await untilStatus(engine, id, 'awaiting-approval')
    await expect(engine.approvals.grant(approval.id, acme, { by: 'agent-1' })).rejects.toMatchObject({
      code: 'forbidden',
    })
    expect(await engine.approvals.grant(approval.id, acme, { by: 'bob', reason: 'fine' })).toMatchObject({
      state: 'pending',
      grants: [{ by: 'bob', reason: 'fine' }],
    })
    await expect(engine.approvals.grant(approval.id, acme, { by: 'bob' })).rejects.toMatchObject({ code: 'conflict' })
    expect(written).toEqual([])
    expect(await engine.approvals.grant(approval.id, acme, { by: 'cy' })).toMatchObject({ state: 'granted' })
    expect(await engine.wait(id, acme)).toMatchObject({ status: 'succeeded' })
    expect(await engine.approvals.list(acme)).toMatchObject([{ state: 'used', decidedBy: 'bob and cy' }])
    const granted = (await engine.audit(acme)).filter(({ action }) => action === 'approval.granted')
    expect(granted.map(({ actor }) => actor)).toEqual(['cy', 'bob'])
  })

  it('knows a person again who comes with another key or by another way', async () => {
    const { engine, written, pending } = withWrites({ policy })
    await engine.submit(write, { organization: 'acme', agent: 'dee (key 1)', agentName: 'dee' })
    const { id } = await pending()
    const grant = async (by: string, name: string) => await engine.approvals.grant(id, acme, { by, name })
    await expect(grant('dee (key 2)', 'dee')).rejects.toMatchObject({ code: 'forbidden' })
    expect(await grant('bob (key 1)', 'bob')).toMatchObject({ state: 'pending' })
    await expect(grant('bob (key 2)', 'bob')).rejects.toMatchObject({ code: 'conflict' })
    await expect(grant(' Bob (hook 7)', ' Bob')).rejects.toMatchObject({ code: 'conflict' })
    expect(written).toEqual([])
    expect(await grant('cy (key 1)', 'cy')).toMatchObject({ state: 'granted' })
  })

  it('is over when one of them says no', async () => {
    const { engine, written, pending } = withWrites({ policy })
    const { id } = await engine.submit(write, acme)
    const approval = await pending()
    await engine.approvals.grant(approval.id, acme, { by: 'bob' })
    await engine.approvals.deny(approval.id, acme, { by: 'cy' })
    expect(await engine.wait(id, acme)).toMatchObject({ status: 'denied' })
    expect(written).toEqual([])
  })

  it('needs one where the policy asks for one, who may be the one who asked', async () => {
    const { engine, pending } = withWrites()
    const { id } = await engine.submit(write, acme)
    await engine.approvals.grant((await pending()).id, acme, { by: 'agent-1' })
    expect(await engine.wait(id, acme)).toMatchObject({ status: 'succeeded' })
  })

  it('keeps the first agreement over a restart', async () => {
    const first = withWrites({ policy })
    const { id } = await first.engine.submit(write, acme)
    await first.engine.approvals.grant((await first.pending()).id, acme, { by: 'bob' })
    await untilStatus(first.engine, id, 'awaiting-approval')
    await first.engine.close()
    const second = withWrites({ policy, stores: first.stores, adapters: [first.adapter] })
    await second.engine.recover()
    await second.engine.approvals.grant((await second.pending()).id, acme, { by: 'cy' })
    expect(await second.engine.wait(id, acme)).toMatchObject({ status: 'succeeded' })
    expect(second.written).toHaveLength(1)
  })
})

describe('whoever wants to know', () => {
  function told(options: Parameters<typeof withWrites>[0] = {}) {
    const events: EngineEvent[] = []
    const harness = withWrites({ notify: (event) => void events.push(event), ...options })
    return { ...harness, events, types: () => events.map(({ type }) => type) }
  }

  it('is told of the question, the answer and the end', async () => {
    const { engine, pending, types, events } = told()
    const { id } = await engine.submit(write, acme)
    await engine.approvals.grant((await pending()).id, acme, { by: 'bob' })
    await engine.wait(id, acme)
    await eventually(async () => types().includes('run.finished'))
    expect([...new Set(types())]).toEqual(['approval.requested', 'approval.granted', 'run.finished'])
    expect(events.at(-1)).toMatchObject({ run: { id, status: 'succeeded' } })
  })

  it('is told again of what nobody answers, once, also by an engine that came later', async () => {
    const policy = asking({ escalateAfterMs: 1000, expiresAfterMs: 600_000 })
    let now = Date.now()
    const clock = { now: () => now }
    const first = told({ policy, clock })
    const { id } = await first.engine.submit(write, acme)
    await untilStatus(first.engine, id, 'awaiting-approval')
    await first.engine.close()
    expect(first.types()).not.toContain('approval.escalated')
    now += 2000
    const second = told({ policy, clock, stores: first.stores, adapters: [first.adapter] })
    await second.engine.recover()
    await eventually(async () => second.types().includes('approval.escalated'))
    expect(await second.engine.approvals.list(acme)).toMatchObject([{ state: 'pending', escalatedAtMs: now }])
    await second.engine.recover()
    expect((await second.engine.audit(acme)).filter(({ action }) => action === 'approval.escalated')).toHaveLength(1)
    await second.engine.approvals.grant((await second.pending()).id, acme, { by: 'boss' })
    expect(await second.engine.wait(id, acme)).toMatchObject({ status: 'succeeded' })
  })

  it('harms nothing by failing', async () => {
    const { engine, pending } = withWrites({
      notify: () => {
        throw new Error('nobody is at home')
      },
    })
    const { id } = await engine.submit(write, acme)
    await engine.approvals.grant((await pending()).id, acme, { by: 'bob' })
    expect(await engine.wait(id, acme)).toMatchObject({ status: 'succeeded' })
  })
})

it('keeps a question no longer open than the policy says', async () => {
  const { engine, pending } = withWrites({ policy: asking({ expiresAfterMs: 1500 }) })
  await engine.submit(write, acme)
  const { requestedAtMs, expiresAtMs } = await pending()
  expect(expiresAtMs - requestedAtMs).toBe(1500)
})

it('shows what is granted, to the organization alone', async () => {
  const { engine, pending } = withWrites()
  await engine.submit(write, acme)
  const { id } = await pending()
  expect(await engine.approvals.show(id, acme)).toMatchObject({ approval: { id }, operation: write })
  await expect(engine.approvals.show(id, globex)).rejects.toMatchObject({ code: 'approval-not-found' })
})

it('asks again for another operation, and for the same one a second time', async () => {
  const { engine, pending } = withWrites()
  const first = await engine.submit(write, acme)
  await engine.approvals.grant((await pending()).id, acme, { by: 'bob' })
  await engine.wait(first.id, acme)
  const again = await engine.submit(write, acme)
  await untilStatus(engine, again.id, 'awaiting-approval')
  const changed = { ...write, input: { ...write.input, value: { name: 'Eve' } } } as OperationInput
  const other = await engine.submit(changed, acme)
  await untilStatus(engine, other.id, 'awaiting-approval')
  const bindings = (await engine.approvals.list(acme)).map(({ bindingHash }) => bindingHash)
  expect(new Set(bindings).size).toBe(2)
  expect(await engine.approvals.list(acme, { state: 'pending' })).toHaveLength(2)
})
