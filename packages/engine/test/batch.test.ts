import { mayTryAgain } from '../src/batches/item-verdict.ts'
import type { Json } from '../src/runners/runner.ts'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import { type SandboxAdapter, SandboxError } from '@caisson/core'
import { expect, it } from 'vitest'
import { faultyAdapter } from './support/faulty-adapter.ts'
import { acme, createHarness, eventually, sandboxesOf, toArray } from './support/harness.ts'

interface BatchInput {
  readonly concurrency?: number
  readonly artifacts?: string[]
  readonly attempts?: number
}

function batch(code: string, items: Json[], input: BatchInput = {}) {
  const { concurrency, artifacts = [], attempts = 1 } = input
  return {
    kind: 'batch.run' as const,
    input: {
      task: { language: 'bash' as const, code, artifacts },
      items,
      retry: { attempts, delayMs: 10 },
      ...(concurrency === undefined ? {} : { concurrency }),
    },
  }
}

async function destroyWhereItRuns(adapter: SandboxAdapter, tag: string): Promise<void> {
  await eventually(async () => {
    for (const { id } of await sandboxesOf(adapter)) {
      const sandbox = await adapter.connect(id).catch(() => undefined)
      if (!((await sandbox?.processes.list()) ?? []).some((process) => process.tag === tag)) continue
      return (await sandbox?.destroy()) === 'destroyed'
    }
    return false
  })
}

it('runs the code for every item, and leaves no sandbox behind', async () => {
  const { engine, adapter } = createHarness()
  const items = Array.from({ length: 20 }, (_, index) => index)
  const run = await engine.run(batch('read n; echo $((n * 2))', items, { concurrency: 3 }), acme)
  expect(run).toMatchObject({ status: 'succeeded', value: { total: 20, succeeded: 20, failed: 0 } })
  const { items: results } = run.value as { items: { result: number }[] }
  expect(results.map(({ result }) => result)).toEqual(items.map((item) => item * 2))
  expect(await sandboxesOf(adapter)).toEqual([])
  const progress = (await toArray(engine.events(run.id, acme))).filter(({ type }) => type === 'progress')
  expect(progress.at(-1)).toMatchObject({ done: 20, total: 20 })
})

it('gives JSON as JSON, and text as text', async () => {
  const { engine } = createHarness()
  const run = await engine.run(batch('cat', [{ a: [1, 'ü'] }, 'text', null], { concurrency: 1 }), acme)
  expect(run.value).toMatchObject({ items: [{ result: { a: [1, 'ü'] } }, { result: 'text' }, { result: null }] })
  const plain = await engine.run(batch('echo plain words', [1]), acme)
  expect(plain.value).toMatchObject({ items: [{ result: 'plain words' }] })
})

it('tells what became of each item', async () => {
  const { engine } = createHarness()
  const code = 'read n; if [ "$n" = 2 ]; then echo no two >&2; exit 5; fi; echo "$n"'
  const run = await engine.run(batch(code, [1, 2, 3]), acme)
  expect(run).toMatchObject({
    status: 'failed',
    value: {
      succeeded: 2,
      failed: 1,
      items: [
        { succeeded: true, result: 1 },
        { succeeded: false, outcome: { kind: 'exited', code: 5 }, stderr: 'no two\n' },
        { succeeded: true, result: 3 },
      ],
    },
  })
})

it('loses only the item in flight with a sandbox, and tries it once more', async () => {
  const adapter = createMemoryAdapter()
  const { engine } = createHarness({ adapters: [adapter] })
  const { id } = await engine.submit(
    batch('read n; [ "$n" = 2 ] && sleep 0.3; echo "$n"', [1, 2, 3, 4], { concurrency: 1, attempts: 2 }),
    acme,
  )
  await destroyWhereItRuns(adapter, `${id}.1`)
  const run = await engine.wait(id, acme)
  expect(run).toMatchObject({
    status: 'succeeded',
    value: { items: [{ result: 1 }, { result: 2 }, { result: 3 }, { result: 4 }] },
  })
  const { items } = run.value as { items: { attempts?: number }[] }
  expect(items.map(({ attempts }) => attempts)).toEqual([undefined, 2, undefined, undefined])
})

it('gives an item up that takes its sandbox down twice', async () => {
  const adapter = createMemoryAdapter()
  const { engine } = createHarness({ adapters: [adapter] })
  const { id } = await engine.submit(
    batch('read n; [ "$n" = 2 ] && sleep 60; echo "$n"', [1, 2, 3], { concurrency: 1, attempts: 2 }),
    acme,
  )
  for (const tag of [`${id}.1`, `${id}.1.2`]) {
    await destroyWhereItRuns(adapter, tag)
  }
  const run = await engine.wait(id, acme)
  expect(run).toMatchObject({
    status: 'failed',
    value: { items: [{ result: 1 }, { succeeded: false, error: { code: 'sandbox-not-found' } }, { result: 3 }] },
  })
})

it('keeps what is done when the time is over', async () => {
  const { engine, adapter } = createHarness()
  const code = 'read n; [ "$n" = 1 ] || sleep 60; echo "$n"'
  const run = await engine.run({ ...batch(code, [1, 2, 3], { concurrency: 1 }), timeoutMs: 300 }, acme)
  expect(run).toMatchObject({
    status: 'failed',
    value: {
      items: [
        { succeeded: true, result: 1 },
        { succeeded: false, outcome: { kind: 'timed-out' } },
        { succeeded: false, error: { code: 'cancelled' } },
      ],
    },
  })
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('bounds one result and all of them together', async () => {
  const { engine } = createHarness({ limits: { valueTextBytes: 1_000, contentBytes: 3_500 } })
  const run = await engine.run(batch('read n; yes x | head -c "$n"', [2_000, 900, 900, 900], { concurrency: 1 }), acme)
  const { items } = run.value as {
    items: { succeeded: boolean; result?: string; omitted?: string; error?: { message: string } }[]
  }
  expect(items.map(({ succeeded }) => succeeded)).toEqual([false, true, true, true])
  expect(items[0]?.error?.message).toContain('1000')
  expect(items.map(({ result }) => result?.length)).toEqual([undefined, 899, 899, undefined])
  expect(items[3]?.omitted).toContain('3500')
  // What does not fit into the value of the run is kept all the same.
  const [last] = await engine.batches.items(run.id, acme, { after: 2 })
  expect(last).toMatchObject({ index: 3, state: 'succeeded', result: expect.stringMatching(/^x\n/) })
})

it('keeps the files of each item apart', async () => {
  const { engine } = createHarness()
  const run = await engine.run(
    batch('read n; echo "$n" > "$n.txt"', [1, 2], { concurrency: 1, artifacts: ['*.txt'] }),
    acme,
  )
  expect(run.artifacts.map(({ path }) => path)).toEqual(['0/1.txt', '1/2.txt'])
})

it('goes on with fewer sandboxes when there is no room for all', async () => {
  const adapter = createMemoryAdapter({ maxSandboxes: 1 })
  const { engine } = createHarness({ adapters: [faultyAdapter(adapter, {})] })
  const run = await engine.run(batch('read n; sleep 0.02; echo "$n"', [1, 2, 3, 4], { concurrency: 4 }), acme)
  expect(run.value).toMatchObject({ succeeded: 4 })
  expect(run.status).toBe('succeeded')
})

it('gives each item its own files, and those of the task', async () => {
  const { engine } = createHarness()
  const operation = batch('cat own shared; ls', [1, 2], { concurrency: 1 })
  const text = (content: string) => ({ text: content })
  const run = await engine.run(
    {
      ...operation,
      input: {
        ...operation.input,
        task: { ...operation.input.task, files: [{ path: 'shared', content: text('shared\n') }] },
        itemFiles: [[{ path: 'own', content: text('one\n') }], [{ path: 'own', content: text('two\n') }]],
      },
    },
    acme,
  )
  const listed = 'main.sh\nown\nshared'
  expect(run.value).toMatchObject({
    items: [{ result: `one\nshared\n${listed}` }, { result: `two\nshared\n${listed}` }],
  })
})

it('refuses lists of files that are not one for each item, before anything runs', async () => {
  const { engine } = createHarness()
  const operation = batch('cat', [1, 2])
  await expect(
    engine.submit({ ...operation, input: { ...operation.input, itemFiles: [[]] } }, acme),
  ).rejects.toMatchObject({ code: 'invalid-operation', field: 'input.itemFiles' })
})

it('buries an item whose artifact is not there, at once, and goes on with the others', async () => {
  const { engine } = createHarness()
  const operation = batch('cat own', [1, 2], { concurrency: 1, attempts: 3 })
  const itemFiles = [[{ path: 'own', content: { artifact: 'none' } }], [{ path: 'own', content: { text: 'two' } }]]
  const run = await engine.run({ ...operation, input: { ...operation.input, itemFiles } }, acme)
  expect(run.value).toMatchObject({
    items: [
      { succeeded: false, error: { code: 'artifact-not-found' } },
      { succeeded: true, result: 'two' },
    ],
  })
  expect(await engine.batches.items(run.id, acme)).toMatchObject([{ state: 'dead', attempts: 1 }, { attempts: 1 }])
})

it('ends a try at its own time, and tries again', async () => {
  const { engine } = createHarness()
  const operation = batch('[ "$CAISSON_BATCH_ATTEMPT" = 2 ] || sleep 60; echo "$CAISSON_BATCH_ITEM"', [1], {
    attempts: 2,
  })
  const run = await engine.run({ ...operation, input: { ...operation.input, itemTimeoutMs: 300 } }, acme)
  expect(run.value).toMatchObject({ items: [{ succeeded: true, result: 0, attempts: 2 }] })
})

it('ends the batch when no sandbox can ever be had', async () => {
  const adapter = createMemoryAdapter()
  const refuse = async () => {
    throw new SandboxError('template-not-found', 'memory', 'there is no such template')
  }
  const { engine } = createHarness({ adapters: [{ ...adapter, create: refuse }] })
  const run = await engine.run(batch('cat', [1, 2]), acme)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'template-not-found' }, value: { succeeded: 0 } })
  expect(await engine.batches.get(run.id, acme)).toMatchObject({ counts: { cancelled: 2 } })
})

it('knows from codes which failures may pass', () => {
  const error = (kind: 'sandbox' | 'operation', code: string) => ({ kind, code, message: '', retryable: false })
  const again = (result: Parameters<typeof mayTryAgain>[0]) => mayTryAgain(result, [64])
  expect(again({ outcome: { kind: 'exited', code: 1 } })).toBe(true)
  expect(again({ outcome: { kind: 'exited', code: 64 } })).toBe(false)
  expect(again({ outcome: { kind: 'exited', code: 0 }, error: error('operation', 'quota-exceeded') })).toBe(false)
  expect(again({ outcome: { kind: 'signaled', signal: 'SIGKILL' } })).toBe(true)
  expect(again({ outcome: { kind: 'timed-out' } })).toBe(true)
  expect(again({ outcome: { kind: 'out-of-memory' } })).toBe(false)
  expect(again({ outcome: { kind: 'output-limit' } })).toBe(false)
  expect(again({ error: error('sandbox', 'sandbox-not-found') })).toBe(true)
  expect(again({ error: error('operation', 'invalid-operation') })).toBe(false)
})
