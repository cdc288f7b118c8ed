import { createMemoryAdapter } from '@caisson/conformance/memory'
import { expect, it } from 'vitest'
import { acme, bash, createHarness, globex, outputOf, sandboxesOf, toArray } from './support/harness.ts'

const cell = (code: string, changes: object = {}) => ({
  ...bash(code, { stateful: true, ...changes }),
  session: 'notes',
})

it('keeps what a cell leaves for the next cells of its session, and for nobody else', async () => {
  const { engine } = createHarness()
  const first = await engine.run(cell("kept='value'"), acme)
  expect(first).toMatchObject({
    status: 'succeeded',
    value: { language: 'bash', code: "kept='value'", session: 'notes' },
  })
  const second = await engine.run(cell('echo "$kept"; echo oops >&2; echo more'), acme)
  expect(second).toMatchObject({
    status: 'succeeded',
    outcome: { kind: 'exited', code: 0 },
    attempts: [{ acquired: 'session' }],
    value: {
      executionCount: 2,
      outputs: [
        { type: 'stdout', text: 'value\n' },
        { type: 'stderr', text: 'oops\n' },
        { type: 'stdout', text: 'more\n' },
      ],
      omittedBytes: 0,
    },
  })
  expect(outputOf(await toArray(engine.events(second.id, acme)))).toBe('value\noops\nmore\n')
  expect((await engine.run({ ...cell('echo "<$kept>"'), session: 'other' }, acme)).value).toMatchObject({
    outputs: [{ text: '<>\n' }],
  })
  expect((await engine.run(cell('echo "<$kept>"'), globex)).value).toMatchObject({ outputs: [{ text: '<>\n' }] })
})

it('gives a cell its files and variables, and keeps its artifacts', async () => {
  const { engine } = createHarness()
  const files = [{ path: 'in.txt', content: { text: 'given\n' } }]
  const run = await engine.run(
    cell('cat in.txt; echo "$NAME" > out.txt', { files, env: { NAME: 'ann' }, artifacts: ['*.txt', 'no.png'] }),
    acme,
  )
  expect(run).toMatchObject({ value: { outputs: [{ text: 'given\n' }], missingArtifacts: ['no.png'] } })
  expect(run.artifacts.map(({ path }) => path).toSorted()).toEqual(['in.txt', 'out.txt'])
})

it('fails with the error of the code, and the session goes on', async () => {
  const { engine } = createHarness()
  const failed = await engine.run(cell('echo before; (exit 4)'), acme)
  expect(failed).toMatchObject({
    status: 'failed',
    outcome: { kind: 'exited', code: 1 },
    value: { outputs: [{ text: 'before\n' }], error: { name: 'ExitStatus', value: '4' } },
  })
  expect(await engine.run(cell('echo after'), acme)).toMatchObject({ status: 'succeeded' })
})

it('ends a cell at its time limit and its output limit, and keeps the variables', async () => {
  const { engine } = createHarness({ limits: { outputBytes: 1000 } })
  await engine.run(cell('kept=1'), acme)
  const late = await engine.run({ ...cell('echo begun; sleep 60'), timeoutMs: 300 }, acme)
  expect(late).toMatchObject({ status: 'failed', outcome: { kind: 'timed-out' }, error: { field: 'timeoutMs' } })
  expect(late.value).toMatchObject({ outputs: [{ text: 'begun\n' }] })
  expect((await engine.run(cell('seq 1 1000'), acme)).outcome).toEqual({ kind: 'output-limit' })
  expect((await engine.run(cell('echo $kept'), acme)).value).toMatchObject({ outputs: [{ text: '1\n' }] })
})

it('tells how much did not fit into its value', async () => {
  const { engine } = createHarness({ limits: { contentBytes: 10 } })
  const { value } = await engine.run(cell('echo 12345; echo 1234567890'), acme)
  expect(value).toMatchObject({ omittedBytes: 11 })
})

it('is placed only where there is an interpreter', async () => {
  const { engine, adapter } = createHarness({ adapters: [createMemoryAdapter({ without: ['code'] })] })
  expect(await engine.run(cell('true'), acme)).toMatchObject({ status: 'denied' })
  expect(await sandboxesOf(adapter)).toEqual([])
  expect(await engine.run(bash('true'), acme)).toMatchObject({ status: 'succeeded' })
})

it('refuses a standard input, which no cell can read', async () => {
  const { engine } = createHarness()
  const run = await engine.run(cell('cat', { stdin: 'x' }), acme)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'invalid-operation', field: 'input.stdin' } })
})
