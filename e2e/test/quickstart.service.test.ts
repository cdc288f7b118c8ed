import { fileURLToPath } from 'node:url'
import { startTraceReceiver, type TraceReceiver } from '@caisson/tracing/testing'
import { execa } from 'execa'
import { expect, it } from 'vitest'
import { z } from 'zod'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const reportSchema = z.object({
  results: z.array(
    z.object({
      title: z.string(),
      problems: z.array(z.string()),
      run: z.object({
        kind: z.string(),
        decision: z.object({ reasons: z.array(z.object({ code: z.string() })).min(1) }),
      }),
    }),
  ),
})

it('the quickstart runs all operations of the decision matrix as it should, and Langfuse takes its traces', async ({
  skip,
}) => {
  if (process.getuid?.() !== 0) skip('the local adapter holds all limits only for root')
  const keys = { publicKey: 'pk-lf-quickstart', secretKey: 'sk-lf-quickstart' }
  await using receiver = await startTraceReceiver(keys)
  const program = 'apps/cli/src/quickstart/main.ts'
  const { stdout, exitCode } = await execa(
    process.execPath,
    ['--conditions=@caisson/source', '--disable-warning=ExperimentalWarning', program, '--json'],
    {
      cwd: repository,
      reject: false,
      env: {
        LANGFUSE_PUBLIC_KEY: keys.publicKey,
        LANGFUSE_SECRET_KEY: keys.secretKey,
        LANGFUSE_BASE_URL: receiver.url,
        CAISSON_OTLP_URL: `${receiver.url}/v1/traces`,
      },
    },
  )
  const { results } = reportSchema.parse(JSON.parse(stdout))
  expect(results.flatMap(({ title, problems }) => problems.map((problem) => `${title}: ${problem}`))).toEqual([])
  expect(new Set(results.map(({ run }) => run.kind))).toEqual(
    new Set([
      'code.execute',
      'document.parse',
      'agents.parallel',
      'batch.run',
      'http.request',
      'database.read',
      'entity.write',
    ]),
  )
  expect(exitCode).toBe(0)
  expect(receiver.problems()).toEqual([])
  expectWholeTraces(receiver, results.length)
})

/** Every operation is a trace that tells who, what, why, where and for how much, in one tree. */
function expectWholeTraces(receiver: TraceReceiver, operations: number): void {
  const all = receiver.spans()
  const spans = all.filter(({ scope }) => scope === 'langfuse-sdk')
  const ids = new Set(spans.map(({ spanId }) => spanId))
  expect(spans.filter(({ parentSpanId }) => parentSpanId !== undefined && !ids.has(parentSpanId))).toEqual([])
  const ofType = (type: string) => spans.filter(({ attributes }) => attributes['langfuse.observation.type'] === type)
  const named = (name: string) => spans.filter((span) => span.name === name)
  expect(ofType('agent').length).toBeGreaterThanOrEqual(operations)
  expect(ofType('tool')).toHaveLength(ofType('agent').length)
  expect(ofType('guardrail').length).toBeGreaterThanOrEqual(operations)
  for (const name of ['sandbox.acquire', 'sandbox.exec', 'sandbox.release']) expect(named(name)).not.toEqual([])
  for (const { attributes } of ofType('guardrail')) {
    expect(attributes['langfuse.observation.metadata.policy_hash']).toMatch(/^[\da-f]{8,}$/)
    expect(attributes['langfuse.observation.metadata.reason_codes']).toMatch(/^[a-z]/)
    expect(attributes['langfuse.trace.metadata.organization']).toBeDefined()
  }
  const scores = receiver.events().filter(({ type }) => type === 'score-create')
  expect(scores).toHaveLength(ofType('guardrail').length)
  // The collector beside it got the same.
  const others = all.filter(({ scope }) => scope === 'caisson')
  expect(new Set(others.map(({ traceId }) => traceId))).toEqual(new Set(spans.map(({ traceId }) => traceId)))
}
