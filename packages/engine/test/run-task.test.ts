import { expect, it } from 'vitest'
import { acme, bash, createHarness, globex, outputOf, sandboxesOf, toArray } from './support/harness.ts'

it('runs code in a sandbox and tells why it was placed there', async () => {
  const { engine, adapter } = createHarness()
  const run = await engine.run(bash('echo hello; echo trouble >&2'), acme)
  expect(run).toMatchObject({
    status: 'succeeded',
    outcome: { kind: 'exited', code: 0 },
    value: { stdout: 'hello\n', stderr: 'trouble\n', outputBytes: 14, droppedBytes: 0, truncated: false },
    attempts: [{ adapter: 'memory', acquired: 'cold' }],
    decision: { placement: { kind: 'sandbox', adapter: 'memory' } },
  })
  expect(run.decision?.reasons.length).toBeGreaterThan(0)
  expect(await sandboxesOf(adapter)).toEqual([])
  const events = await toArray(engine.events(run.id, acme))
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
  expect(events.flatMap((event) => (event.type === 'status' ? [event.status] : []))).toEqual([
    'queued',
    'running',
    'succeeded',
  ])
  expect(outputOf(events)).toContain('hello\n')
})

it('gives the code its files, its input and its variables', async () => {
  const { engine } = createHarness()
  const run = await engine.run(
    bash('cat data/one.txt; cat; echo "$NAME"', {
      files: [{ path: 'data/one.txt', content: { text: 'file\n' } }],
      stdin: 'input\n',
      env: { NAME: 'ann' },
    }),
    acme,
  )
  expect(run.value).toMatchObject({ stdout: 'file\ninput\nann\n' })
})

it('keeps the artifacts that were asked for and tells what is missing', async () => {
  const { engine } = createHarness()
  const run = await engine.run(
    bash('mkdir out; echo a > out/a.txt; echo b > out/b.txt; echo c > c.log; ln -s /etc/passwd out/link.txt', {
      artifacts: ['out/*.txt', 'c.log', 'absent.png', '**/*.csv'],
    }),
    acme,
  )
  expect(run.artifacts.map(({ path }) => path).toSorted()).toEqual(['c.log', 'out/a.txt', 'out/b.txt'])
  expect(run.value).toMatchObject({ missingArtifacts: ['absent.png', '**/*.csv'] })
  const log = run.artifacts.find(({ path }) => path === 'c.log')
  const { data } = await engine.artifacts.read(log?.id ?? '', acme)
  expect(await new Response(data).text()).toBe('c\n')
  await expect(engine.artifacts.read(log?.id ?? '', globex)).rejects.toMatchObject({ code: 'artifact-not-found' })
})

it('keeps artifacts of a run that failed', async () => {
  const { engine } = createHarness()
  const run = await engine.run(bash('echo so far > log; exit 3', { artifacts: ['log'] }), acme)
  expect(run).toMatchObject({ status: 'failed', outcome: { kind: 'exited', code: 3 }, artifacts: [{ path: 'log' }] })
})

it('bounds what is kept as artifacts', async () => {
  const { engine } = createHarness({ limits: { artifactBytes: 10, artifactCount: 2 } })
  const run = await engine.run(
    bash('printf 12345 > a; printf 1234567 > b; printf 12345 > c; printf 1 > d', { artifacts: ['?'] }),
    acme,
  )
  expect(run.artifacts.map(({ path }) => path)).toEqual(['a', 'c'])
  expect(JSON.stringify(run.value)).toMatch(/b: .*larger/)
  expect(JSON.stringify(run.value)).toMatch(/d: more than 2/)
})

it('takes an artifact of one run as a file of the next, within the organization', async () => {
  const { engine } = createHarness()
  const first = await engine.run(bash('echo made > made.txt', { artifacts: ['made.txt'] }), acme)
  const artifact = first.artifacts[0]?.id ?? expect.fail('no artifact')
  const files = [{ path: 'given.txt', content: { artifact } }]
  const second = await engine.run(bash('cat given.txt', { files }), acme)
  expect(second.value).toMatchObject({ stdout: 'made\n' })
  const stranger = await engine.run(bash('cat given.txt', { files }), globex)
  expect(stranger).toMatchObject({ status: 'failed', error: { code: 'artifact-not-found' } })
})

it('tells a failure of the code from one of ours', async () => {
  const { engine } = createHarness()
  const run = await engine.run(bash('echo partial; exit 42'), acme)
  expect(run).toMatchObject({
    status: 'failed',
    outcome: { kind: 'exited', code: 42 },
    value: { stdout: 'partial\n' },
  })
  expect(run.error).toBeUndefined()
})

it('holds the time limit, keeps what was printed, and names the field', async () => {
  const { engine, adapter } = createHarness()
  const run = await engine.run({ ...bash('echo early; sleep 60'), timeoutMs: 150 }, acme)
  expect(run).toMatchObject({
    status: 'failed',
    outcome: { kind: 'timed-out' },
    value: { stdout: 'early\n' },
    error: { code: 'quota-exceeded', field: 'timeoutMs' },
  })
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('holds the output limit and names the remedy', async () => {
  const { engine } = createHarness({ limits: { outputBytes: 10_000 } })
  const run = await engine.run(bash('yes'), acme)
  expect(run).toMatchObject({ status: 'failed', outcome: { kind: 'output-limit' }, error: { field: 'output' } })
})

it('keeps the beginning of much output as events and both ends in the value', async () => {
  const { engine, stores } = createHarness({ limits: { keptOutputBytes: 20_000, valueTextBytes: 1_000 } })
  const run = await engine.run(bash('echo first; yes | head -c 300000; echo last'), acme)
  const value = run.value as { stdout: string; outputBytes: number; droppedBytes: number; truncated: boolean }
  expect(run.status).toBe('succeeded')
  expect(value.stdout).toMatch(/^first\n/)
  expect(value.stdout).toMatch(/last\n$/)
  expect(value.stdout.length).toBeLessThan(1_100)
  expect(value).toMatchObject({ outputBytes: 300_011, droppedBytes: 280_011, truncated: true })
  const position = await stores.events.position(run.organization, run.id, '')
  expect(position.storedBytes).toBe(20_000)
})

it('survives output that is no text', async () => {
  const { engine } = createHarness()
  const run = await engine.run(bash(String.raw`printf 'a\377\376b'`), acme)
  expect(run.value).toMatchObject({ stdout: 'a\u{fffd}\u{fffd}b', outputBytes: 4 })
  const events = await toArray(engine.events(run.id, acme))
  const pieces = events.flatMap((event) => (event.type === 'output' ? [Buffer.from(event.base64, 'base64')] : []))
  expect(Buffer.concat(pieces).toString('hex')).toBe('61fffe62')
})

it('names a program that is not there', async () => {
  const { engine, adapter } = createHarness()
  const run = await engine.run({ kind: 'command.run', input: { argv: ['no-such-program'] } }, acme)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'invalid-operation', field: 'input.argv.0' } })
  const python = await engine.run({ kind: 'code.execute', input: { language: 'python', code: '1' } }, acme)
  expect(python).toMatchObject({ status: 'failed', error: { field: 'template' } })
  expect(await sandboxesOf(adapter)).toEqual([])
})

it('refuses a file that would replace the code', async () => {
  const { engine } = createHarness()
  const run = await engine.run(bash('true', { files: [{ path: 'main.sh', content: { text: '' } }] }), acme)
  expect(run).toMatchObject({ status: 'failed', error: { code: 'invalid-operation', field: 'input.files.0.path' } })
})

it.each([
  ['an unknown kind', { kind: 'nothing.known', input: {} }, 'kind'],
  ['code that is too long', bash('x'.repeat(1024 * 1024 + 1)), 'input.code'],
  [
    'a path out of the directory',
    bash('x', { files: [{ path: '../x', content: { text: '' } }] }),
    'input.files.0.path',
  ],
  ['a negative time', { ...bash('x'), timeoutMs: -1 }, 'timeoutMs'],
])('refuses %s at once and names the field', async (_name, operation, field) => {
  const { engine } = createHarness()
  await expect(engine.submit(operation as never, acme)).rejects.toMatchObject({ code: 'invalid-operation', field })
  expect((await engine.list(acme)).runs).toEqual([])
})

it('takes the same submission once', async () => {
  const { engine } = createHarness()
  const [first, second] = await Promise.all([
    engine.submit(bash('echo once'), acme, { runId: 'mine' }),
    engine.submit(bash('echo once'), acme, { runId: 'mine' }),
  ])
  expect(second.id).toBe(first.id)
  const run = await engine.wait('mine', acme)
  expect(run.attempts).toHaveLength(1)
  expect((await engine.run(bash('echo once'), acme, { runId: 'mine' })).finishedAtMs).toBe(run.finishedAtMs)
  await expect(engine.submit(bash('echo twice'), acme, { runId: 'mine' })).rejects.toMatchObject({ code: 'conflict' })
  expect((await engine.run(bash('echo other'), globex, { runId: 'mine' })).value).toMatchObject({ stdout: 'other\n' })
})

it('hides the runs of other organizations', async () => {
  const { engine } = createHarness()
  const { id } = await engine.run(bash('echo mine'), acme)
  const hidden = { code: 'run-not-found' }
  await expect(engine.get(id, globex)).rejects.toMatchObject(hidden)
  await expect(engine.cancel(id, globex)).rejects.toMatchObject(hidden)
  await expect(engine.wait(id, globex)).rejects.toMatchObject(hidden)
  await expect(toArray(engine.events(id, globex))).rejects.toMatchObject(hidden)
  expect((await engine.list(globex)).runs).toEqual([])
})

it('gives the events from any place on, while they come', async () => {
  const { engine } = createHarness()
  const run = await engine.submit(bash('for i in 1 2 3 4 5; do echo $i; sleep 0.03; done'), acme)
  const all = await toArray(engine.events(run.id, acme))
  expect(outputOf(all)).toBe('1\n2\n3\n4\n5\n')
  for (const { sequence } of all) {
    expect(await toArray(engine.events(run.id, acme, { after: sequence }))).toEqual(all.slice(sequence))
  }
})

it('ends a reader that gives up', async () => {
  const { engine } = createHarness()
  const run = await engine.submit(bash('sleep 60'), acme)
  const controller = new AbortController()
  const reading = toArray(engine.events(run.id, acme, { signal: controller.signal }))
  controller.abort()
  expect((await reading).every(({ type }) => type === 'status')).toBe(true)
  await engine.cancel(run.id, acme)
})

it('bills what was used', async () => {
  const { createMemoryAdapter } = await import('@caisson/conformance/memory')
  const price = { currency: 'USD', perCpuHour: 3600, perGibHour: 0, source: 'test', asOf: '2026-11-01' } as const
  const { engine } = createHarness({ adapters: [createMemoryAdapter({ price })] })
  const run = await engine.run({ ...bash('sleep 0.1'), resources: { cpus: 2 } }, acme)
  expect(run.usage.leasedMs).toBeGreaterThanOrEqual(100)
  // A begun second counts.
  expect(run.usage.costUsd).toBe(2 * Math.ceil(run.usage.leasedMs / 1000))
  expect(await engine.leases(acme)).toEqual([])
})

it('writes an audit log that says who did what and nothing of what was said', async () => {
  const { engine } = createHarness()
  const run = await engine.run(bash('echo CANARY-CODE', { env: { TOKEN: 'CANARY-ENV' } }), acme)
  const audit = await engine.audit(acme)
  expect(audit.map(({ action }) => action)).toEqual(['run.finished', 'run.decided', 'run.submitted'])
  expect(audit[0]).toMatchObject({ run: run.id, actor: 'agent-1', details: { status: 'succeeded' } })
  expect(JSON.stringify(audit)).not.toContain('CANARY')
  expect(await engine.audit(globex)).toEqual([])
})
