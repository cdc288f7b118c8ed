import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { BatchProgress } from '@caisson/client'
import { artifactIdSchema, OperationError, type OperationInput, runIdSchema } from '@caisson/core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { commandLine, someRun } from './support/command-line.ts'

let directory: string
const path = (name: string) => join(directory, name)
const run = runIdSchema.parse('run1')

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caisson-cli-'))
  await writeFile(path('scan.py'), 'print(1)')
})
afterEach(async () => await rm(directory, { recursive: true }))

function someBatch(changes: Partial<BatchProgress> = {}): BatchProgress {
  const counts = { waiting: 0, running: 0, succeeded: 2, dead: 0, cancelled: 0 }
  return { run, state: 'over', total: 2, counts, retries: 0, createdAtMs: 1, endsAtMs: 9, closedAtMs: 5, ...changes }
}

function fakeBatches(seen: readonly (BatchProgress | Error)[]) {
  const asked: OperationInput[] = []
  let looks = 0
  const parts = {
    runs: {
      submit: async (operation: OperationInput) => {
        asked.push(operation)
        return someRun({ status: 'queued' })
      },
      get: async () =>
        someRun({
          status: 'denied',
          error: { kind: 'operation', code: 'denied', message: 'no', remedy: 'raise it', retryable: false },
        }),
    },
    artifacts: {
      put: async (name: string, data: Uint8Array) => ({
        id: artifactIdSchema.parse(name.replaceAll(/\W/g, '')),
        run,
        path: name,
        sizeBytes: data.byteLength,
        sha256: '',
      }),
    },
    batches: {
      get: async () => {
        const next = seen[Math.min(looks++, seen.length - 1)]
        if (next === undefined || next instanceof Error) throw next ?? new Error('nothing is seen')
        return next
      },
    },
  } as const
  return { asked, parts }
}

it('sends a script with its items, and follows it to the end', async () => {
  await writeFile(path('items.jsonl'), '{"a":1}\n\n"two"\n')
  const { asked, parts } = fakeBatches([someBatch()])
  const words = [
    'batches',
    'run',
    path('scan.py'),
    '--items',
    path('items.jsonl'),
    '--attempts',
    '5',
    '-t',
    '2h',
    '--item-timeout',
    '90s',
  ]
  expect(await commandLine(words, parts)).toMatchObject({ exitCode: 0, out: expect.stringContaining('2 of 2') })
  expect(asked).toMatchObject([
    {
      kind: 'batch.run',
      timeoutMs: 7_200_000,
      input: {
        task: { language: 'python', code: 'print(1)' },
        items: [{ a: 1 }, 'two'],
        concurrency: 4,
        retry: { attempts: 5 },
        itemTimeoutMs: 90_000,
      },
    },
  ])
})

it('uploads a directory of documents, each for its own item', async () => {
  await mkdir(path('docs/sub'), { recursive: true })
  await writeFile(path('docs/b.txt'), 'b')
  await writeFile(path('docs/sub/a.txt'), 'a')
  const { asked, parts } = fakeBatches([])
  const words = ['batches', 'run', path('scan.py'), '--documents', path('docs'), '--detach']
  expect(await commandLine(words, parts)).toEqual({ exitCode: 0, out: 'run1\n', err: '' })
  expect(asked[0]?.input).toMatchObject({
    items: [{ name: 'b.txt' }, { name: 'sub/a.txt' }],
    itemFiles: [
      [{ path: 'document', content: { artifact: 'btxt' } }],
      [{ path: 'document', content: { artifact: 'subatxt' } }],
    ],
  })
})

it('says what is wrong with items before anything runs', async () => {
  await writeFile(path('bad.jsonl'), '{"a":1}\n{')
  const { asked, parts } = fakeBatches([])
  const wrong: readonly (readonly [readonly string[], number])[] = [
    [[], 64],
    [['--items', path('bad.jsonl')], 64],
    [['--items', path('none')], 66],
    [['--documents', path('none')], 66],
  ]
  for (const [words, exitCode] of wrong) {
    expect(await commandLine(['batches', 'run', path('scan.py'), ...words], parts)).toMatchObject({ exitCode })
  }
  expect(asked).toEqual([])
})

it('ends with 1 when items failed, tells why it waits, and with --json line by line', async () => {
  const counts = { waiting: 2, running: 0, succeeded: 0, dead: 0, cancelled: 0 }
  const paused = { kind: 'operation', code: 'quota-exceeded', message: 'two at one time', retryable: true } as const
  const waits = someBatch({ state: 'paused', counts, paused })
  const ended = someBatch({ counts: { ...counts, waiting: 0, succeeded: 1, dead: 1 } })
  const text = await commandLine(['batches', 'show', '-f', 'run1'], fakeBatches([waits, ended]).parts)
  expect(text.exitCode).toBe(1)
  expect(text.out).toContain('waits: two at one time')
  const { out } = await commandLine(['batches', 'show', '-f', 'run1', '--json'], fakeBatches([waits, ended]).parts)
  expect(
    out
      .trim()
      .split('\n')
      .map((line): unknown => JSON.parse(line)),
  ).toEqual([waits, ended])
})

it('ends as its run does when there never is a batch', async () => {
  const { parts } = fakeBatches([new OperationError('run-not-found', 'there is no batch of a run run1')])
  expect(await commandLine(['batches', 'show', '-f', 'run1'], parts)).toMatchObject({
    exitCode: 77,
    err: 'caisson: denied: no\n  raise it\n',
  })
  const told = await commandLine(['batches', 'show', '-f', 'run1', '--json'], parts)
  expect(JSON.parse(told.out)).toMatchObject({ error: { code: 'denied', remedy: 'raise it' } })
  expect(told.err).toBe('')
})
