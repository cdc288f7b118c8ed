import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OperationInput, type Run, runIdSchema } from '@caisson/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { commandLine, output, someRun } from './support/command-line.ts'

let directory: string
const path = (name: string) => join(directory, name)
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'caisson-notebook-'))
})
afterEach(async () => await rm(directory, { recursive: true }))

const read = async (name: string) => JSON.parse(await readFile(path(name), 'utf8'))

const markdown = { cell_type: 'markdown', metadata: { kept: true }, source: '# Title' }
const code = (source: string | string[]) => ({
  cell_type: 'code',
  metadata: {},
  source,
  execution_count: 9,
  outputs: [{ output_type: 'stream', name: 'stdout', text: 'old' }],
})

async function writeNotebook(cells: readonly object[], more: object = {}): Promise<void> {
  const metadata = { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' }, own: 1 }
  await writeFile(path('in.ipynb'), JSON.stringify({ nbformat: 4, nbformat_minor: 4, metadata, cells, ...more }))
}

type Cell = Extract<OperationInput, { kind: 'code.execute' }>

/** A service whose cells give what a test says. */
function cellService(give: (code: string, count: number) => Partial<Run>) {
  const asked: Cell[] = []
  const runs: Run[] = []
  const parts = {
    runs: {
      run: async (operation: OperationInput) => {
        if (operation.kind !== 'code.execute') throw new Error('no cell')
        asked.push(operation)
        const { language, code: source } = operation.input
        const id = runIdSchema.parse(`run${asked.length}`)
        const { value = {}, ...rest } = give(source, asked.length)
        const outputs = { outputs: [], executionCount: asked.length, ...(value as object) }
        const run = someRun({
          id,
          ...rest,
          value: { language, code: source, session: operation.session ?? '', ...outputs },
        })
        runs.push(run)
        return await Promise.resolve(run)
      },
      get: async (id: string) => await Promise.resolve(runs.find((run) => run.id === id) ?? expect.fail(`no ${id}`)),
      list: async ({ cursor }: { cursor?: string | undefined } = {}) => {
        // Newest first, one to a page.
        const newest = runs.toReversed()
        const at = Number(cursor ?? 0)
        const next = at + 1 < newest.length ? { next: String(at + 1) } : {}
        return await Promise.resolve({ runs: newest.slice(at, at + 1), ...next })
      },
    },
  }
  return { asked, runs, parts: parts as never }
}

describe('notebook run', () => {
  it('runs the code cells in one session and puts their outputs in place', async () => {
    await writeFile(path('data.csv'), 'a')
    await writeNotebook([markdown, code(['x = 1\n', 'x']), code('  '), code('show()')])
    const chart = { type: 'pie', title: 'T', elements: [{ label: 'a', angle: 360, radius: 1 }] }
    const { asked, parts } = cellService((source) =>
      source === 'show()'
        ? {
            value: {
              outputs: [
                { type: 'stdout', text: 'one\ntwo' },
                { type: 'result', result: { main: false, data: { 'image/png': 'cG5n' }, chart } },
                { type: 'stderr', text: 'w' },
              ],
            },
          }
        : {
            value: {
              outputs: [
                { type: 'result', result: { main: true, data: { 'text/plain': '1', 'application/json': '{"a":1}' } } },
              ],
            },
          },
    )
    const words = ['notebook', 'run', path('in.ipynb'), '--out', path('out.ipynb'), '-f', path('data.csv'), '-t', '5s']
    const { exitCode, out } = await commandLine([...words, '--json'], parts)
    expect([exitCode, JSON.parse(out)]).toMatchObject([
      0,
      { notebook: path('out.ipynb'), runs: [{ id: 'run1' }, { id: 'run2' }] },
    ])
    expect(asked.map(({ input, timeoutMs }) => [input.code, input.stateful, input.files?.length, timeoutMs])).toEqual([
      ['x = 1\nx', true, 1, 5000],
      ['show()', true, 0, 5000],
    ])
    expect(new Set(asked.map(({ session }) => session)).size).toBe(1)
    const id = expect.stringMatching(/^[\w-]{1,64}$/)
    expect(await read('out.ipynb')).toEqual({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' }, own: 1 },
      cells: [
        { ...markdown, id },
        {
          ...code(['x = 1\n', 'x']),
          id,
          execution_count: 1,
          outputs: [
            {
              output_type: 'execute_result',
              execution_count: 1,
              data: { 'text/plain': ['1'], 'application/json': { a: 1 } },
              metadata: {},
            },
          ],
        },
        { ...code('  '), id, execution_count: null, outputs: [] },
        {
          ...code('show()'),
          id,
          execution_count: 2,
          outputs: [
            { output_type: 'stream', name: 'stdout', text: ['one\n', 'two'] },
            {
              output_type: 'display_data',
              data: { 'image/png': 'cG5n', 'application/vnd.caisson.chart+json': chart },
              metadata: {},
            },
            { output_type: 'stream', name: 'stderr', text: ['w'] },
          ],
        },
      ],
    })
    expect((await read('in.ipynb')).cells[1].execution_count).toBe(9)
  })

  const failing = (source: string): Partial<Run> =>
    source === 'bad'
      ? {
          status: 'failed',
          outcome: { kind: 'exited', code: 1 },
          value: { outputs: [], error: { name: 'ValueError', value: 'no', traceback: 'a\nb' } },
        }
      : {}

  it('stops at a cell that fails, writes what there is, and ends with its code', async () => {
    await writeNotebook([code('good'), code('bad'), code('after')])
    const { asked, parts } = cellService(failing)
    const { exitCode, out } = await commandLine(['notebook', 'run', path('in.ipynb')], parts)
    expect(exitCode).toBe(1)
    expect(out).toContain('cell 2 failed: ValueError: no\n1 of 3 cells succeeded')
    expect(asked.length).toBe(2)
    const { cells } = await read('in.ipynb')
    expect(cells[1].outputs).toEqual([
      { output_type: 'error', ename: 'ValueError', evalue: 'no', traceback: ['a', 'b'] },
    ])
    expect(cells[2]).toMatchObject({ execution_count: null, outputs: [] })
  })

  it('goes on when errors are allowed', async () => {
    await writeNotebook([code('bad'), code('after')])
    const { asked, parts } = cellService(failing)
    expect((await commandLine(['notebook', 'run', path('in.ipynb'), '--allow-errors'], parts)).exitCode).toBe(1)
    expect(asked.length).toBe(2)
  })

  it('tells in the notebook that a cell was denied', async () => {
    await writeNotebook([code('bad')])
    const { parts } = cellService(() => ({ status: 'denied', outcome: undefined, value: { outputs: 'none' } }))
    expect((await commandLine(['notebook', 'run', path('in.ipynb')], parts)).exitCode).toBe(77)
    expect((await read('in.ipynb')).cells[0].outputs).toMatchObject([
      { output_type: 'error', ename: 'denied', evalue: 'Nobody vouches for it.' },
    ])
  })

  it('shows what cells print as they print it', async () => {
    await writeNotebook([code('x')])
    const parts = {
      runs: {
        run: async (_: unknown, { onEvent }: { onEvent?: (event: ReturnType<typeof output>) => void } = {}) => {
          onEvent?.(output('live\n'))
          return await Promise.resolve(someRun({ value: { language: 'python', code: 'x', outputs: [] } }))
        },
      },
    }
    expect((await commandLine(['notebook', 'run', path('in.ipynb')], parts as never)).out).toContain('live\n')
  })

  it.each([
    ['no JSON', 'x'],
    ['another version', JSON.stringify({ nbformat: 3, nbformat_minor: 0, worksheets: [] })],
    ['no notebook', JSON.stringify({ nbformat: 4, nbformat_minor: 5, cells: [{ cell_type: 'code' }] })],
    [
      'another language',
      JSON.stringify({
        nbformat: 4,
        nbformat_minor: 5,
        metadata: { kernelspec: { name: 'ir', language: 'R' } },
        cells: [],
      }),
    ],
  ])('refuses %s', async (_, content) => {
    await writeFile(path('in.ipynb'), content)
    const { asked, parts } = cellService(() => ({}))
    expect((await commandLine(['notebook', 'run', path('in.ipynb')], parts)).exitCode).toBe(64)
    expect(asked).toEqual([])
  })
})

describe('notebook save', () => {
  it('writes the cells of a session, oldest first, or the runs that are named', async () => {
    await writeNotebook([code('first'), code('second')])
    const { parts } = cellService((source) => ({ value: { outputs: [{ type: 'stdout', text: source }] } }))
    for (const session of ['mine', 'other'])
      await commandLine(['notebook', 'run', path('in.ipynb'), '--session', session, '--out', path('x.ipynb')], parts)
    expect((await commandLine(['notebook', 'save', path('saved.ipynb'), '--session', 'mine'], parts)).out).toBe(
      `2 cells written to ${path('saved.ipynb')}\n`,
    )
    expect(await read('saved.ipynb')).toMatchObject({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
      cells: [
        { cell_type: 'code', source: 'first', execution_count: 1, outputs: [{ name: 'stdout', text: ['first'] }] },
        { cell_type: 'code', source: 'second', execution_count: 2 },
      ],
    })
    await commandLine(['notebook', 'save', path('one.ipynb'), 'run4'], parts)
    expect((await read('one.ipynb')).cells).toMatchObject([{ source: 'second' }])
  })

  it('says what is missing', async () => {
    const { parts } = cellService(() => ({}))
    expect((await commandLine(['notebook', 'save', path('a')], parts)).exitCode).toBe(64)
    expect((await commandLine(['notebook', 'save', path('a'), '--session', 'none'], parts)).exitCode).toBe(66)
    const program = { runs: { get: async () => await Promise.resolve(someRun()) } }
    expect((await commandLine(['notebook', 'save', path('a'), 'run1'], program)).exitCode).toBe(64)
  })
})
