import type { HostFunctions } from '@caisson/engine'
import { expect, it, vi } from 'vitest'
import { temporaryDirectory } from './support/databases.ts'
import { startTestService } from './support/service.ts'

it('keeps a question, and the first of two agreements, over a restart of the service and its database', async () => {
  await using directory = await temporaryDirectory()
  const written: unknown[] = []
  const hostFunctions: HostFunctions = {
    'entity.write': async ({ value }) => {
      written.push(value)
      return 'written'
    },
  }
  const options = { environment: { CAISSON_STATE_DIR: directory.path, CAISSON_POLICY: 'strict' }, hostFunctions }
  const operation = {
    kind: 'entity.write',
    sensitivity: 'restricted',
    input: { entity: 'salary', id: '7', value: 'raised' },
  } as const

  const before = await startTestService(options)
  const agent = await before.as('default', 'agent')
  const operator = await before.as('default', 'operator')
  const run = await agent.runs.submit(operation)
  await vi.waitUntil(async () => (await agent.runs.get(run.id)).status === 'awaiting-approval', { timeout: 60_000 })
  const [question] = await operator.approvals.list()
  expect(question).toMatchObject({ state: 'pending', people: 2, run: run.id })
  const id = question?.id ?? ''
  expect(await operator.approvals.grant(id, 'fine with me')).toMatchObject({ state: 'pending' })
  await expect(operator.approvals.grant(id)).rejects.toMatchObject({ code: 'conflict' })
  await before[Symbol.asyncDispose]()

  await using after = await startTestService(options)
  expect((await after.admin.approvals.list())[0]).toMatchObject({
    id,
    state: 'pending',
    grants: [{ reason: 'fine with me' }],
  })
  expect(written).toEqual([])
  expect(await after.admin.approvals.grant(id)).toMatchObject({ state: 'granted' })
  expect(await after.admin.runs.wait(run.id)).toMatchObject({ status: 'succeeded', value: 'written' })
  expect(written).toEqual(['raised'])
}, 180_000)
