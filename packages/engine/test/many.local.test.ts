import { expect, it } from 'vitest'
import { createEngine, createMemoryStores } from '../src/index.ts'
import { createCrash } from './support/crashable.ts'
import { acme, createHarness, eventually, outputOf, sandboxesOf, toArray } from './support/harness.ts'
import { describeLocal } from './support/local.ts'

await describeLocal('many processes on the local adapter', (adapter) => {
  it('runs agents in parallel, each on its own', async () => {
    const { engine } = createHarness({ adapters: [adapter()] })
    const names = ['ann', 'bob', 'cyd', 'dan']
    const code = (name: string) =>
      `import os\nassert not os.path.exists("/tmp/mark")\nopen("/tmp/mark", "w").close()\nprint("I am ${name}")`
    const run = await engine.run(
      {
        kind: 'agents.parallel',
        input: {
          agents: names.map((name) => ({
            name,
            task: { kind: 'code.execute', input: { language: 'python', code: code(name) } },
          })),
        },
      },
      acme,
    )
    expect(run).toMatchObject({
      status: 'succeeded',
      value: { agents: names.map((name) => ({ name, status: 'succeeded', value: { stdout: `I am ${name}\n` } })) },
    })
    expect(new Set(run.attempts.map(({ sandbox }) => sandbox)).size).toBe(4)
  })

  it('runs a batch of fifty in four sandboxes', async () => {
    const { engine } = createHarness({ adapters: [adapter()] })
    const code = 'import json, sys\nitem = json.load(sys.stdin)\nprint(json.dumps({"square": item["n"] ** 2}))'
    const items = Array.from({ length: 50 }, (_, n) => ({ n }))
    const run = await engine.run({ kind: 'batch.run', input: { task: { language: 'python', code }, items } }, acme)
    expect(run).toMatchObject({ status: 'succeeded', value: { total: 50, succeeded: 50 } })
    const { items: results } = run.value as { items: { result: { square: number } }[] }
    expect(results.map(({ result }) => result.square)).toEqual(items.map(({ n }) => n * n))
    expect(run.attempts).toHaveLength(4)
  })

  it('finishes the run of an engine that died, with complete output', async () => {
    const stores = createMemoryStores()
    const crash = createCrash()
    const limits = { claimMs: 300 }
    const first = createEngine({ adapters: [crash.adapter(adapter())], stores: crash.stores(stores), limits })
    const code =
      'import time\nfor i in range(60):\n  print("line", i)\n  time.sleep(0.02)\nopen("done.txt", "w").write("done")'
    const { id, organization } = await first.submit(
      { kind: 'code.execute', input: { language: 'python', code, artifacts: ['done.txt'] } },
      acme,
    )
    await eventually(async () => (await stores.events.position(organization, id, '')).storedBytes > 50)
    crash.crash()
    const { engine } = createHarness({ adapters: [adapter()], stores, limits })
    await eventually(async () => (await engine.recover()).resumed === 1)
    const run = await engine.wait(id, acme)
    const expected = Array.from({ length: 60 }, (_, index) => `line ${index}\n`).join('')
    expect(run).toMatchObject({ status: 'succeeded', value: { stdout: expected }, artifacts: [{ path: 'done.txt' }] })
    expect(outputOf(await toArray(engine.events(id, acme)))).toBe(expected)
    expect(await sandboxesOf(adapter())).toEqual([])
  })

  it('takes a sandbox from the warm pool, and leaves none behind', async () => {
    const { engine } = createHarness({
      adapters: [adapter()],
      warmPool: [{ adapter: 'local', spec: {}, size: 1 }],
    })
    await engine.ready()
    const run = await engine.run({ kind: 'command.run', input: { argv: ['true'] } }, acme)
    expect(run.attempts).toMatchObject([{ acquired: 'warm' }])
    await engine.close()
  })
})
