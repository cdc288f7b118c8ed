import { OperationError, operationErrorCodes, SandboxError, sandboxErrorCodes } from '@caisson/core'
import { getErrorShape, TRPCError } from '@trpc/server'
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { type ApiContext, apiRouter } from '../src/index.ts'
import { contextOf, emptyServices } from './support/fake-services.ts'
import { callProcedure, procedures } from './support/procedures.ts'

/** What the caller gets to see. */
async function seen(name: string, input: unknown, ctx: ApiContext) {
  try {
    await callProcedure(name, input, ctx)
  } catch (error) {
    if (!(error instanceof TRPCError)) throw error
    return getErrorShape({ config: apiRouter._def._config, error, type: 'query', path: name, input, ctx })
  }
  return undefined
}

const throwing = (error: unknown) =>
  contextOf('admin', {
    runs: {
      ...emptyServices.runs,
      get: async () => {
        throw error
      },
    },
  })

it('sends the errors of core as they are, without cause and stack', async () => {
  const cause = new Error('secret detail')
  const error = new SandboxError('rate-limited', 'e2b', 'slow down', { retryAfterMs: 700, remedy: 'wait', cause })
  const shape = await seen('runs.get', { id: 'x' }, throwing(error))
  expect(shape).toMatchObject({
    message: 'slow down',
    data: {
      code: 'TOO_MANY_REQUESTS',
      httpStatus: 429,
      caisson: {
        kind: 'sandbox',
        code: 'rate-limited',
        adapter: 'e2b',
        retryable: true,
        retryAfterMs: 700,
        remedy: 'wait',
      },
    },
  })
  expect(JSON.stringify(shape)).not.toMatch(/secret detail|\.ts:\d|stack/)
})

it.each([
  ['something nobody meant to throw', new Error('password=hunter2')],
  ['an internal error', new OperationError('internal', 'password=hunter2')],
  ['not even an error', 'password=hunter2'],
])('tells nothing of %s but where to look', async (_what, error) => {
  const shape = await seen('runs.get', { id: 'x' }, throwing(error))
  expect(shape?.data).toMatchObject({ code: 'INTERNAL_SERVER_ERROR', httpStatus: 500, caisson: { code: 'internal' } })
  expect(shape?.data.caisson.remedy).toContain('req1')
  expect(JSON.stringify(shape)).not.toContain('hunter2')
})

it('masks an answer that breaks the schema', async () => {
  const broken = contextOf('admin', { policy: async () => ({ name: 'hunter2' }) as never })
  const shape = await seen('policy', undefined, broken)
  expect(shape?.data).toMatchObject({ httpStatus: 500, caisson: { code: 'internal' } })
  expect(JSON.stringify(shape)).not.toContain('hunter2')
})

it('names the field of an operation as its author wrote it', async () => {
  const operation = { kind: 'code.execute', input: { language: 'python', code: '' } }
  const shape = await seen('runs.submit', { operation }, contextOf('agent'))
  expect(shape?.data).toMatchObject({
    httpStatus: 400,
    caisson: { kind: 'operation', code: 'invalid-operation', field: 'input.code' },
  })
})

it('has a status for every code, and 500 for none that is meant', async () => {
  const statuses = await Promise.all([
    ...sandboxErrorCodes.map(
      async (code) => await seen('runs.get', { id: 'x' }, throwing(new SandboxError(code, 'a', 'm'))),
    ),
    ...operationErrorCodes
      .filter((code) => code !== 'internal')
      .map(async (code) => await seen('runs.get', { id: 'x' }, throwing(new OperationError(code, 'm')))),
  ])
  for (const shape of statuses) {
    expect(shape?.data.httpStatus).toBeGreaterThanOrEqual(400)
    expect(shape?.data.httpStatus).not.toBe(500)
  }
})

it('never fails on input, whatever it is', { timeout: 60_000 }, async () => {
  const input = fc.oneof(
    fc.anything(),
    fc.record(
      {
        id: fc.oneof(fc.string(), fc.integer()),
        after: fc.double(),
        limit: fc.double(),
        reason: fc.string({ unit: 'binary' }),
      },
      { requiredKeys: [] },
    ),
    fc.record({
      operation: fc.record({ kind: fc.constantFrom('code.execute', 'batch.run', 'x'), input: fc.anything() }),
    }),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...procedures), input, async ({ name }, value) => {
      const shape = await seen(name, value, contextOf('admin'))
      expect(shape?.data.httpStatus ?? 200).toBeLessThan(500)
    }),
    { numRuns: 2000 },
  )
})
