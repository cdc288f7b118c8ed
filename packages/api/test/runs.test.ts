import { OperationError } from '@caisson/core'
import { expect, it } from 'vitest'
import { contextOf, emptyServices, someEvents, someRun } from './support/fake-services.ts'
import { callProcedure } from './support/procedures.ts'

const sequences = (answer: unknown) => (answer as readonly [string, unknown][]).map(([id]) => id)

it('resumes events after the last one seen, whoever remembers it', async () => {
  const ctx = contextOf('agent')
  expect(sequences(await callProcedure('runs.events', { id: 'run1' }, ctx))).toEqual(['1', '2', '3', '4', '5'])
  expect(sequences(await callProcedure('runs.events', { id: 'run1', after: 3 }, ctx))).toEqual(['4', '5'])
  expect(sequences(await callProcedure('runs.events', { id: 'run1', after: 1, lastEventId: '4' }, ctx))).toEqual(['5'])
  expect(someEvents).toHaveLength(5)
})

it('waits no longer than asked for and then tells how the run is', async () => {
  const ctx = contextOf('agent', {
    runs: {
      ...emptyServices.runs,
      get: async () => someRun({ status: 'running' }),
      wait: async (_id, _scope, signal) =>
        await new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new OperationError('cancelled', 'waited enough')))
        }),
    },
  })
  expect(await callProcedure('runs.wait', { id: 'run1', timeoutMs: 20 }, ctx)).toMatchObject({ status: 'running' })
})

it('acts for the organization of the key and for no other that the input names', async () => {
  const seen: unknown[] = []
  const ctx = contextOf('agent', {
    runs: {
      ...emptyServices.runs,
      get: async (_id, scope) => {
        seen.push(scope)
        return someRun()
      },
    },
  })
  await callProcedure('runs.get', { id: 'run1' }, ctx)
  await expect(callProcedure('runs.get', { id: 'run1', organization: 'other' }, ctx)).rejects.toThrow(
    'Unrecognized key',
  )
  expect(seen).toEqual([{ organization: 'acme', agent: 'test (e2b_0)', agentName: 'test', traceparent: undefined }])
})
