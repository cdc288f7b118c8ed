import { createMemoryAdapter } from '@caisson/conformance/memory'
import type { CaissonClient } from '@caisson/client'
import type { OperationInput } from '@caisson/core'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { startTestService, type TestService } from './support/service.ts'

/** A dollar for a CPU and a second. */
const price = { currency: 'USD', perCpuHour: 3600, perGibHour: 0, source: 'made up', asOf: '2026-11-21' } as const
const patience = { timeout: 60_000, interval: 50 }

let service: TestService
let begun: string[] = []

beforeAll(async () => {
  const note = async ({ argv }: { readonly argv: readonly string[] }) => {
    begun.push(argv.slice(1).join(' '))
    return 0
  }
  const adapter = createMemoryAdapter({ name: 'local', programs: { note }, price })
  service = await startTestService({ adapters: [adapter] })
}, 120_000)
afterAll(async () => await service[Symbol.asyncDispose]())

interface BatchOptions {
  readonly concurrency?: number
  readonly attempts?: number
  readonly delayMs?: number
  readonly timeoutMs?: number
}

function batch(code: string, items: (number | string)[], options: BatchOptions = {}): OperationInput {
  const { concurrency = 2, attempts = 3, delayMs = 0, timeoutMs = 120_000 } = options
  return {
    kind: 'batch.run',
    input: { task: { language: 'bash', code }, items, concurrency, retry: { attempts, delayMs } },
    timeoutMs,
  }
}

async function itemsOf(client: CaissonClient, run: string) {
  return await Array.fromAsync(client.batches.items(run))
}

it('tries an item again that failed, and buries one that fails each time or for good', async () => {
  const code =
    'read n; case $n in 1) [ $CAISSON_BATCH_ATTEMPT = 3 ] || exit 1;; 2) exit 7;; 3) echo bad >&2; exit 65;; esac; echo "$n"'
  const run = await service.admin.runs.run(batch(code, [0, 1, 2, 3]))
  expect(run.status).toBe('failed')
  expect(await itemsOf(service.admin, run.id)).toMatchObject([
    { index: 0, state: 'succeeded', attempts: 1, result: 0 },
    { index: 1, state: 'succeeded', attempts: 3, result: 1 },
    { index: 2, state: 'dead', attempts: 3, outcome: { kind: 'exited', code: 7 } },
    { index: 3, state: 'dead', attempts: 1, outcome: { kind: 'exited', code: 65 }, stderr: 'bad\n' },
  ])
  expect(await service.admin.batches.get(run.id)).toMatchObject({
    state: 'over',
    counts: { succeeded: 2, dead: 2, waiting: 0, running: 0, cancelled: 0 },
    retries: 4,
  })
})

it('waits longer before each further try', async () => {
  const startedAtMs = Date.now()
  const run = await service.admin.runs.run(batch('exit 1', [1], { delayMs: 1000 }))
  expect(await itemsOf(service.admin, run.id)).toMatchObject([{ state: 'dead', attempts: 3 }])
  // At least 1 s before the second try and 2 s before the third.
  const tookMs = Date.now() - startedAtMs
  expect(tookMs).toBeGreaterThan(3_000)
  expect(tookMs).toBeLessThan(40_000)
})

it('runs dead letters once more, as a batch of their own', async () => {
  const code = 'read n; note $n; [ $n = 5 ] || [ -n "$FIXED" ] || exit 65; echo "$n"'
  begun = []
  const failed = await service.admin.runs.run(batch(code, [4, 5, 6]))
  expect(failed.status).toBe('failed')
  const again = await service.admin.batches.retry(failed.id)
  expect(again.id).not.toBe(failed.id)
  const ended = await service.admin.runs.wait(again.id)
  expect(ended.value).toMatchObject({ total: 2 })
  expect(begun.toSorted()).toEqual(['4', '4', '5', '6', '6'])
  const good = await service.admin.runs.run(batch('echo 1', [1]))
  await expect(service.admin.batches.retry(good.id)).rejects.toMatchObject({ code: 'conflict' })
})

it('waits while a quota has no room, says why, and goes on when there is room', async () => {
  const agent = await service.as('crowded', 'admin')
  await agent.quotas.set({ agent: 'test admin', sandboxes: 1 })
  const first = await agent.runs.submit({ kind: 'command.run', input: { argv: ['sleep', '600'] }, timeoutMs: 700_000 })
  await vi.waitUntil(async () => (await agent.runs.get(first.id)).attempts.length === 1, patience)
  const run = await agent.runs.submit(batch('read n; echo "$n"', [1, 2, 3]))
  // Now and then an item is in the hand of a worker that asks for room.
  await expect
    .poll(async () => await agent.batches.get(run.id).catch(() => undefined), patience)
    .toMatchObject({
      state: 'paused',
      paused: { code: 'quota-exceeded' },
      counts: { waiting: 3, dead: 0 },
      retries: 0,
    })
  const told = async () => {
    const events = await Array.fromAsync(agent.runs.log(run.id))
    return events.some((event) => event.type === 'progress' && event.note?.startsWith('paused: ') === true)
  }
  await vi.waitUntil(told, patience)
  await agent.runs.cancel(first.id)
  expect(await agent.runs.wait(run.id)).toMatchObject({ status: 'succeeded', value: { succeeded: 3 } })
  expect((await itemsOf(agent, run.id)).map(({ attempts }) => attempts)).toEqual([1, 1, 1])
})

it('waits while the budget has no room, and goes on when it is raised', async () => {
  const client = await service.as('thrifty', 'admin')
  const committed = async () => (await client.budgets.list())[0]?.committedUsd ?? 0
  await client.budgets.set({ agent: '', hardUsd: 1_000_000 })
  // What one sandbox of such a batch keeps back.
  const probe = await client.runs.submit({ kind: 'command.run', input: { argv: ['sleep', '600'] }, timeoutMs: 120_000 })
  await vi.waitUntil(async () => (await client.runs.get(probe.id)).attempts.length === 1, patience)
  const reservedUsd = await committed()
  await client.runs.cancel(probe.id)
  // Room for one more such sandbox, and for next to nothing that it really costs.
  await client.budgets.set({ agent: '', hardUsd: (await committed()) + reservedUsd + 0.01 })
  const operation = { ...batch('read n; sleep 0.2; echo "$n"', [1, 2, 3], { concurrency: 1 }), expectedDurationMs: 1 }
  const run = await client.runs.submit(operation)
  await vi.waitUntil(
    async () => (await client.batches.get(run.id).catch(() => undefined))?.state === 'paused',
    patience,
  )
  expect(await client.batches.get(run.id)).toMatchObject({
    paused: { code: 'quota-exceeded', field: 'budget' },
    counts: { succeeded: 1, waiting: 2, dead: 0 },
  })
  await client.budgets.set({ agent: '', hardUsd: 1_000_000 })
  expect(await client.runs.wait(run.id)).toMatchObject({ status: 'succeeded', value: { succeeded: 3 } })
})

it('ends a batch that is cancelled: what runs is killed, what waits is not begun', async () => {
  begun = []
  const { id } = await service.admin.runs.submit(batch('read n; note $n; sleep 600', [1, 2, 3, 4]))
  await vi.waitUntil(() => begun.length === 2, patience)
  const run = await service.admin.runs.cancel(id)
  expect(run.status).toBe('cancelled')
  expect(await service.admin.batches.get(id)).toMatchObject({ state: 'over', counts: { cancelled: 4 } })
  expect(begun).toHaveLength(2)
  expect(await service.admin.sandboxes.list()).toEqual([])
})

it('keeps batches to their organization', async () => {
  const run = await service.admin.runs.run(batch('echo 1', [1]))
  const other = await service.as('other', 'admin')
  await expect(other.batches.get(run.id)).rejects.toMatchObject({ code: 'run-not-found' })
  await expect(Array.fromAsync(other.batches.items(run.id))).rejects.toMatchObject({ code: 'run-not-found' })
  await expect(other.batches.retry(run.id)).rejects.toMatchObject({ code: 'run-not-found' })
  expect(await other.batches.list()).toEqual([])
  expect((await service.admin.batches.list()).map(({ run: id }) => id)).toContain(run.id)
})
