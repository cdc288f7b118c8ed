import { expect, it } from 'vitest'
import { acme, createHarness, outputOf, toArray } from './support/harness.ts'
import { describeLocal } from './support/local.ts'

await describeLocal('code on the local adapter', (adapter) => {
  const harness = () => createHarness({ adapters: [adapter()] })

  it.each([
    ['python', 'import sys; print(sum(range(10))); print("oh", file=sys.stderr); open("made.txt", "w").write("made")'],
    ['javascript', 'console.log(45); console.error("oh"); require("node:fs").writeFileSync("made.txt", "made")'],
    ['bash', 'echo 45; echo oh >&2; printf made > made.txt'],
  ] as const)('runs %s and keeps its artifact', async (language, code) => {
    const { engine } = harness()
    const run = await engine.run({ kind: 'code.execute', input: { language, code, artifacts: ['*.txt'] } }, acme)
    expect(run).toMatchObject({
      status: 'succeeded',
      outcome: { kind: 'exited', code: 0 },
      value: { stdout: '45\n', stderr: 'oh\n' },
      artifacts: [{ path: 'made.txt', sizeBytes: 4 }],
    })
  })

  it('runs a command with input and files', async () => {
    const { engine } = harness()
    const run = await engine.run(
      {
        kind: 'command.run',
        input: {
          argv: ['sh', '-c', 'cat "$1"; cat; pwd', 'sh', 'a/b.txt'],
          files: [{ path: 'a/b.txt', content: { text: 'file ' } }],
          stdin: 'input\n',
        },
      },
      acme,
    )
    expect(run.value).toMatchObject({ stdout: expect.stringMatching(/^file input\n\/.*\/work\n$/) })
  })

  it('keeps code from the files of the machine', async () => {
    const { engine } = harness()
    const code = 'print(open("/etc/shadow").read())'
    const run = await engine.run({ kind: 'code.execute', input: { language: 'python', code } }, acme)
    expect(run).toMatchObject({ status: 'failed', outcome: { kind: 'exited', code: 1 } })
    expect(JSON.stringify(run.value)).toMatch(/PermissionError|FileNotFoundError/)
    expect(JSON.stringify(run.value)).not.toContain('root:')
  })

  it('contains a fork bomb', async () => {
    const { engine } = harness()
    const code = 'import os\nwhile True:\n  try: os.fork()\n  except OSError: pass\n'
    const operation = { kind: 'code.execute', input: { language: 'python', code }, timeoutMs: 2_000 } as const
    const [run, neighbour] = await Promise.all([
      engine.run({ ...operation, resources: { pids: 64 } }, acme),
      engine.run({ kind: 'command.run', input: { argv: ['true'] } }, acme),
    ])
    expect(run).toMatchObject({ status: 'failed', outcome: { kind: 'timed-out' }, error: { field: 'timeoutMs' } })
    expect(neighbour.status).toBe('succeeded')
  })

  it('contains a memory bomb and tells it from a kill', async () => {
    const { engine } = harness()
    const code = 'kept = []\nwhile True: kept.append(bytearray(8 << 20))\n'
    const resources = { memoryBytes: 128 * 1024 * 1024 }
    const run = await engine.run({ kind: 'code.execute', input: { language: 'python', code }, resources }, acme)
    expect(run).toMatchObject({
      status: 'failed',
      outcome: { kind: 'out-of-memory' },
      error: { field: 'resources.memoryBytes' },
    })
    const killed = await engine.run({ kind: 'command.run', input: { argv: ['sh', '-c', 'kill -9 $$'] } }, acme)
    expect(killed).toMatchObject({ status: 'failed', outcome: { kind: 'signaled', signal: 'SIGKILL' } })
  })

  it('ends an endless loop with what it printed', async () => {
    const { engine } = harness()
    const code = 'print("begun")\nwhile True: pass\n'
    const operation = { kind: 'code.execute', input: { language: 'python', code }, timeoutMs: 800 } as const
    const run = await engine.run(operation, acme)
    expect(run).toMatchObject({ status: 'failed', outcome: { kind: 'timed-out' }, value: { stdout: 'begun\n' } })
  })

  it('has no network', async () => {
    const { engine } = harness()
    const code = 'import socket; socket.create_connection(("1.1.1.1", 53), 3)'
    const run = await engine.run({ kind: 'code.execute', input: { language: 'python', code } }, acme)
    expect(run.status).toBe('failed')
    expect(JSON.stringify(run.value)).toContain('unreachable')
  })

  it('takes 200 MB of output without keeping them', async () => {
    const { engine, stores } = harness()
    const before = process.memoryUsage().rss
    const run = await engine.run(
      { kind: 'command.run', input: { argv: ['sh', '-c', 'yes | head -c 200000000'] } },
      acme,
    )
    const grown = process.memoryUsage().rss - before
    expect(run).toMatchObject({ status: 'succeeded', value: { outputBytes: 200_000_000, truncated: true } })
    const { storedBytes } = await stores.events.position(run.organization, run.id, '')
    expect(storedBytes).toBe(8 * 1024 * 1024)
    expect(grown).toBeLessThan(200 * 1024 * 1024)
  })

  it('kills too much output and names the remedy', async () => {
    const { engine } = createHarness({ adapters: [adapter()], limits: { outputBytes: 10_000_000 } })
    const run = await engine.run({ kind: 'command.run', input: { argv: ['yes'] } }, acme)
    expect(run).toMatchObject({ status: 'failed', outcome: { kind: 'output-limit' }, error: { field: 'output' } })
  })

  it('keeps bytes that are no text, and streams them as they come', async () => {
    const { engine } = harness()
    const argv = ['sh', '-c', String.raw`printf 'a\377'; sleep 0.3; printf '\376b'`] as [string, ...string[]]
    const { id } = await engine.submit({ kind: 'command.run', input: { argv } }, acme)
    let seenWhile: string | undefined
    for await (const event of engine.events(id, acme)) {
      if (event.type === 'output') seenWhile ??= (await engine.get(id, acme)).status
    }
    expect(seenWhile).toBe('running')
    expect(outputOf(await toArray(engine.events(id, acme)))).toContain('a')
    expect((await engine.get(id, acme)).value).toMatchObject({ stdout: 'a\u{fffd}\u{fffd}b', outputBytes: 4 })
  })

  it('cancels at once', async () => {
    const { engine } = harness()
    const { id } = await engine.submit({ kind: 'command.run', input: { argv: ['sh', '-c', 'echo x; sleep 60'] } }, acme)
    for await (const event of engine.events(id, acme)) if (event.type === 'output') break
    const startedAt = performance.now()
    expect(await engine.cancel(id, acme)).toMatchObject({ status: 'cancelled', value: { stdout: 'x\n' } })
    expect(performance.now() - startedAt).toBeLessThan(3_000)
  })
})
