import type { OperationInput } from '@caisson/core'
import { expect, it } from 'vitest'
import { acme, createHarness } from './support/harness.ts'

const read: OperationInput = { kind: 'database.read', input: { query: 'customers', parameters: { country: 'DE' } } }

it('reads on the host, without a sandbox', async () => {
  const { engine } = createHarness({
    hostFunctions: {
      'database.read': async ({ query, parameters }, { organization }) => ({ query, parameters, organization }),
    },
  })
  const run = await engine.run(read, acme)
  expect(run).toMatchObject({
    status: 'succeeded',
    value: { query: 'customers', parameters: { country: 'DE' }, organization: 'acme' },
    decision: { placement: { kind: 'host' } },
    attempts: [],
    usage: { leasedMs: 0, costUsd: 0 },
  })
})

it('tells what is missing when nobody registered a function', async () => {
  const { engine } = createHarness()
  const run = await engine.run(read, acme)
  expect(['denied', 'failed']).toContain(run.status)
  expect(JSON.stringify(run.error)).toContain('database.read')
})

it('fails the run with what the function throws, and keeps its message to the log', async () => {
  const warnings: string[] = []
  const { engine } = createHarness({
    hostFunctions: { 'database.read': async () => await Promise.reject(new Error('password is hunter2')) },
    logger: { info: () => undefined, warn: (facts) => warnings.push(String(facts['error'])) },
  })
  const run = await engine.run(read, acme)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'internal' } })
  expect(JSON.stringify(run)).not.toContain('hunter2')
  expect(warnings.join()).toContain('hunter2')
})

it.each([
  ['is not JSON', async () => ({ when: 1n }), 'internal'],
  ['is too large', async () => 'x'.repeat(2_000), 'quota-exceeded'],
])('refuses a result that %s', async (_name, answer, code) => {
  const { engine } = createHarness({ hostFunctions: { 'database.read': answer }, limits: { contentBytes: 1_000 } })
  expect(await engine.run(read, acme)).toMatchObject({ status: 'failed', error: { code } })
})

it('ends the waiting for a function that takes too long, and tells it so', async () => {
  const aborted = Promise.withResolvers<void>()
  const { engine } = createHarness({
    hostFunctions: {
      'database.read': async (_input, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve())
        return await new Promise(() => undefined)
      },
    },
  })
  const run = await engine.run({ ...read, timeoutMs: 100 }, acme)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'quota-exceeded', field: 'timeoutMs' } })
  await aborted.promise
})
