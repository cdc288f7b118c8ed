import { mib, operationSchema } from '@caisson/core'
import { expect, it, onTestFinished } from 'vitest'
import { createInspector, type Inspector, type InspectorLimits } from '../src/index.ts'

const limits: InspectorLimits = { partMs: 20_000, operationMs: 60_000, shareMs: 0, heapBytes: 256 * mib }

function start(given: InspectorLimits): Inspector {
  const inspector = createInspector(given)
  onTestFinished(async () => {
    await inspector[Symbol.asyncDispose]()
  })
  return inspector
}

function python(code: string) {
  return operationSchema.parse({ kind: 'code.execute', input: { language: 'python', code } })
}

const slow = python(
  `a0 = "xx"\n${Array.from({ length: 9000 }, (_, index) => `a${index + 1} = a${index} + a${index}`).join('\n')}\n`,
)
const harmless = python('print(1)')

it('keeps the event loop free while it inspects', async () => {
  const inspector = start(limits)
  await inspector.inspect(harmless)
  let turns = 0
  const timer = setInterval(() => turns++, 5)
  await inspector.inspect(slow)
  clearInterval(timer)
  expect(turns).toBeGreaterThan(5)
})

it(
  'takes a part away that goes on for too long, and inspects the next as if nothing had been',
  { timeout: 40_000 },
  async () => {
    const inspector = start({ ...limits, partMs: 200 })
    await inspector.inspect(harmless)
    expect(await inspector.inspect(slow)).toMatchObject([
      {
        code: 'inspection.incomplete',
        severity: 'risky',
        place: 'input.code',
        message: 'It could not be inspected: it took too long',
        excerpt: expect.stringContaining('a0 = "xx"'),
      },
    ])
    await expect.poll(async () => await inspector.inspect(harmless), { timeout: 30_000 }).toEqual([])
  },
)

it('survives what needs more memory than it may have, and keeps what it finds beside it', async () => {
  const inspector = start({ ...limits, heapBytes: 24 * mib })
  const operation = operationSchema.parse({
    kind: 'command.run',
    input: {
      argv: ['true'],
      files: [
        { path: 'large.txt', content: { text: 'words '.repeat(2_500_000) } },
        { path: 'shadow.py', content: { text: 'print(open("/etc/shadow").read())' } },
      ],
    },
  })
  expect(await inspector.inspect(operation)).toMatchObject([
    { code: 'file.sensitive', severity: 'hostile', place: 'input.files.1' },
    {
      code: 'inspection.incomplete',
      severity: 'risky',
      place: 'input.files.0',
      message: 'It could not be inspected: it needed too much memory',
      excerpt: 'large.txt',
    },
  ])
})

it('says so when the time of the whole operation is over', async () => {
  const inspector = start({ ...limits, operationMs: 1 })
  const [finding] = await inspector.inspect(slow)
  expect(finding).toMatchObject({ code: 'inspection.incomplete', severity: 'risky' })
})

it('answers many at one time, each with its own', async () => {
  const inspector = start(limits)
  const codes = ['print(1)', 'import os\nos.system("id")', 'import socket']
  const all = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => await inspector.inspect(python(codes[index % 3] ?? ''))),
  )
  expect(all.map((findings) => findings.map(({ code }) => code).join())).toEqual(
    Array.from({ length: 60 }, (_, index) => ['', 'process.spawn', 'network.access'][index % 3]),
  )
})

it('remembers what it found in the same content for the same scope, and nothing that it did not look at to its end', async () => {
  const inspector = start(limits)
  const hostile = python('import os\nos.system("rm -rf /")')
  const first = await inspector.inspect(hostile, undefined, 'acme')
  expect(first.length).toBeGreaterThan(0)
  const took = async (work: () => Promise<unknown>) => {
    const startedAtMs = performance.now()
    await work()
    return performance.now() - startedAtMs
  }
  // While the thread is busy, only what is remembered can be answered.
  const busy = inspector.inspect(slow)
  expect(await inspector.inspect(hostile, undefined, 'acme')).toEqual(first)
  const isBusy = Symbol('busy')
  expect(await Promise.race([busy, Promise.resolve(isBusy)])).toBe(isBusy)
  const others = inspector.inspect(hostile, undefined, 'globex')
  expect(await Promise.race([others, new Promise((resolve) => setImmediate(resolve, isBusy))])).toBe(isBusy)
  expect(await others).toEqual(first)
  await busy

  const hurried = start({ ...limits, partMs: 200 })
  expect(await hurried.inspect(slow, undefined, 'acme')).toMatchObject([{ code: 'inspection.incomplete' }])
  expect(await took(async () => await hurried.inspect(slow, undefined, 'acme'))).toBeGreaterThan(50)
})
