import { type PolicyInput, createPolicy } from '@caisson/router'
import { expect, it } from 'vitest'
import { acme, bash, createHarness, eventually } from './support/harness.ts'

type Permissions = NonNullable<NonNullable<PolicyInput['guards']>[number]['then']['permissions']>

/** The default policy, and a guard that leaves of what is asked for only this. */
function cutTo(permissions: Permissions) {
  const guard = { id: 'cut', then: { permissions }, reason: 'cut', text: 'Cut.' }
  return createPolicy({ name: 'cutting', version: '1', extends: 'default', guards: [guard] })
}

it('ends a run after the time that the policy leaves of what was asked for', async () => {
  const { engine } = createHarness({ policy: cutTo({ maxDurationMs: 200 }) })
  const run = await engine.run({ ...bash('sleep 30'), timeoutMs: 60_000 }, acme)
  expect(run.outcome).toEqual({ kind: 'timed-out' })
  expect(run.decision?.reasons.map(({ code }) => code)).toContain('duration-cut')
  const patient = createHarness({ policy: cutTo({ maxDurationMs: 60_000 }) })
  const other = await patient.engine.run({ ...bash('sleep 0.4'), timeoutMs: 60_000 }, acme)
  expect(other.outcome).toEqual({ kind: 'exited', code: 0 })
})

it('keeps no more artifacts than the policy leaves', async () => {
  const operation = bash('echo one > a; echo two > b', { artifacts: ['a', 'b'] })
  const { engine } = createHarness({ policy: cutTo({ artifacts: { count: 1 } }) })
  expect((await engine.run(operation, acme)).artifacts.map(({ path }) => path)).toEqual(['a'])
  const free = createHarness()
  expect((await free.engine.run(operation, acme)).artifacts.map(({ path }) => path)).toEqual(['a', 'b'])
  const tiny = createHarness({ policy: cutTo({ artifacts: { bytes: 2 } }) })
  expect((await tiny.engine.run(operation, acme)).artifacts).toEqual([])
})

it('gives the permission to call a tool, and calls nothing itself', async () => {
  const { engine, adapter } = createHarness()
  const call = { kind: 'tool.call', trust: 'internal', input: { tool: 'mail', arguments: { to: 'ann' } } } as const
  const run = await engine.run(call, acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { permitted: true }, attempts: [] })
  expect(await Array.fromAsync(adapter.list())).toEqual([])
})

it('asks a person about a tool that nobody vouches for', async () => {
  const { engine } = createHarness()
  const { id } = await engine.submit({ kind: 'tool.call', input: { tool: 'mail' } }, acme)
  const [approval] = await eventually(async () => {
    const pending = await engine.approvals.list(acme, { state: 'pending' })
    return pending.length > 0 && pending
  })
  await engine.approvals.deny(approval?.id ?? '', acme, { by: 'bob' })
  expect(await engine.wait(id, acme)).toMatchObject({ status: 'denied', error: { code: 'approval-denied' } })
})

it('runs the task of a tool in a sandbox instead of it', async () => {
  const { engine } = createHarness()
  const task = { kind: 'code.execute', input: { language: 'bash', code: 'echo $((6 * 7))' } } as const
  const run = await engine.run({ kind: 'tool.call', input: { tool: 'calculate', task } }, acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { stdout: '42\n' }, attempts: [{ adapter: 'memory' }] })
})

it('derives what it decides, with every rule', async () => {
  const { engine } = createHarness()
  const { decision, rules } = await engine.derive(bash('true'), acme)
  expect(decision.placement.kind).toBe('sandbox')
  expect(rules.filter(({ matched, tooLate }) => matched && !tooLate).map(({ source }) => source.id)).toEqual([
    'untrusted-code',
  ])
})
