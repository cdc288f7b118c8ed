import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createJsonLinesSink } from '../src/index.ts'
import { jsonLinesFile } from '../src/json-lines-file.ts'
import { canary, plantEverywhere, traces } from './support/canary.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caisson-tracing-'))
})
afterAll(async () => {
  await rm(directory, { recursive: true })
})

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const text = await readFile(path, 'utf8')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line))
}

it('writes starts, events and ends in order, readable for the owner alone', async () => {
  const path = join(directory, 'plain.jsonl')
  await writeFile(path, '', { mode: 0o644 })
  const sink = createJsonLinesSink(path)
  const root = sink.startSpan({ name: 'execute_tool', type: 'tool', input: { code: 'print("a\nb")' }, startedAtMs: 1 })
  const child = root.startSpan({ name: 'sandbox.exec', type: 'span', startedAtMs: 2 })
  child.event({ name: 'limit.hit', level: 'warning', metadata: { limit: 'memory' }, atMs: 3 })
  child.end({ output: { exitCode: 1 }, level: 'error', statusMessage: 'it failed', endedAtMs: 4 })
  root.end({ endedAtMs: 5 })
  await sink.close()
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  const ids = { traceId: root.traceId, id: child.id }
  expect(await linesOf(path)).toEqual([
    {
      line: 'span.start',
      traceId: root.traceId,
      id: root.id,
      name: 'execute_tool',
      type: 'tool',
      input: { code: 'print("a\nb")' },
      startedAtMs: 1,
    },
    { line: 'span.start', ...ids, parentId: root.id, name: 'sandbox.exec', type: 'span', startedAtMs: 2 },
    { line: 'span.event', ...ids, name: 'limit.hit', level: 'warning', metadata: { limit: 'memory' }, atMs: 3 },
    { line: 'span.end', ...ids, output: { exitCode: 1 }, level: 'error', statusMessage: 'it failed', endedAtMs: 4 },
    { line: 'span.end', traceId: root.traceId, id: root.id, endedAtMs: 5 },
  ])
})

it('appends to what is there and drops what comes after close', async () => {
  const path = join(directory, 'again.jsonl')
  for (const name of ['first', 'second']) {
    const sink = createJsonLinesSink(path)
    sink.startSpan({ name, type: 'span' })
    await sink.close()
    sink.startSpan({ name: 'late', type: 'span' }).end()
    await sink.flush()
  }
  expect((await linesOf(path)).map(({ name }) => name)).toEqual(['first', 'second'])
})

it('puts no canary on the disk', async () => {
  const path = join(directory, 'canary.jsonl')
  const sink = createJsonLinesSink(path, { redaction: { secrets: [canary] } })
  plantEverywhere(sink)
  await sink.close()
  const text = await readFile(path, 'utf8')
  expect(text.split('\n').length).toBeGreaterThan(40)
  for (const trace of traces) expect(text).not.toContain(trace)
})

it('survives a disk that refuses, says so, and writes again when it can', async () => {
  const parent = join(directory, 'later')
  const path = join(parent, 'trace.jsonl')
  const errors: unknown[] = []
  const sink = createJsonLinesSink(path, { onError: (error) => errors.push(error) })
  const root = sink.startSpan({ name: 'lost', type: 'span' })
  await sink.flush()
  expect(errors).toMatchObject([{ code: 'ENOENT' }])
  await mkdir(parent)
  root.end()
  await sink.close()
  expect(await linesOf(path)).toEqual([
    expect.objectContaining({ line: 'dropped', count: 1 }),
    expect.objectContaining({ line: 'span.end', id: root.id }),
  ])
})

it.skipIf(process.platform !== 'linux')('survives a full disk', async () => {
  const errors: unknown[] = []
  const full = createJsonLinesSink('/dev/full', { onError: (error) => errors.push(error) })
  full.startSpan({ name: 'n', type: 'span' }).end()
  await full.close()
  expect(errors).toHaveLength(1)
})

it('does not follow a link that somebody planted', async () => {
  const target = join(directory, 'target')
  await writeFile(target, '')
  const path = join(directory, 'link.jsonl')
  await symlink(target, path)
  const errors: unknown[] = []
  const sink = createJsonLinesSink(path, { onError: (error) => errors.push(error) })
  sink.startSpan({ name: 'n', type: 'span' })
  await sink.close()
  expect(errors).toMatchObject([{ code: 'ELOOP' }])
  expect(await readFile(target, 'utf8')).toBe('')
})

it('holds a bounded queue and counts what it drops', async () => {
  const path = join(directory, 'bounded.jsonl')
  const errors: unknown[] = []
  const file = jsonLinesFile(path, { maxQueuedBytes: 1000, onError: (error) => errors.push(error) })
  for (let index = 0; index < 500; index++) file.append({ index, text: 'x'.repeat(80) })
  await file.flush()
  file.append({ index: 'last' })
  await file.close()
  const lines = await linesOf(path)
  const kept = lines.filter(({ line }) => line === undefined).length
  expect(kept).toBeLessThan(40)
  expect(lines.filter(({ line }) => line === 'dropped').reduce((sum, { count }) => sum + Number(count), 0)).toBe(
    501 - kept,
  )
  expect(lines.at(-1)).toEqual({ index: 'last' })
  expect(errors).toHaveLength(1)
})
