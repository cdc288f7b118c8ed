import type { OperationInput } from '@caisson/core'
import { sql } from 'drizzle-orm'
import { expect, it } from 'vitest'
import { startDatabase } from '../src/database.ts'
import { startTestService } from './support/service.ts'

const runs = 20
/** What the service writes by itself meanwhile: that it is alive, and its queues. */
const besides = 20

it.each([
  { what: 'a run in the sandbox of its session', session: 'load', most: 6 },
  { what: 'a run in a sandbox of its own', session: undefined, most: 7 },
])('$what is $most transactions that write', async ({ session, most }) => {
  await using service = await startTestService()
  await using running = await startDatabase(service.config, { onError: () => {}, share: true })
  /** The number that the next transaction that writes will get. */
  const next = async () => {
    const { rows } = await running.database.execute(sql`select pg_snapshot_xmax(pg_current_snapshot())::text as next`)
    return Number(rows[0]?.['next'])
  }
  const operation: OperationInput = { kind: 'command.run', input: { argv: ['true'] }, session }
  // The first one creates the sandbox and stores the policy.
  await service.admin.runs.run(operation)

  const before = await next()
  for (let index = 0; index < runs; index += 1) {
    expect(await service.admin.runs.run(operation)).toMatchObject({ status: 'succeeded' })
  }
  const written = (await next()) - before
  expect(written).toBeGreaterThanOrEqual(runs * most)
  expect(written).toBeLessThanOrEqual(runs * most + besides)
})
