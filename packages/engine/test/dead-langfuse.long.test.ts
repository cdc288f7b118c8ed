import { createLangfuseSink } from '@caisson/tracing/langfuse'
import { startTraceReceiver } from '@caisson/tracing/testing'
import { expect, it, onTestFinished } from 'vitest'
import { acme, bash, createHarness } from './support/harness.ts'

it('runs as if nothing were wrong when Langfuse takes connections and never answers', async () => {
  const keys = { publicKey: 'pk', secretKey: 'sk' }
  const receiver = await startTraceReceiver({ ...keys, answer: 'never' })
  // Longer than the test: whoever waited for an answer would not come to an end.
  const patience = { timeoutMs: 600_000, flushIntervalMs: 1, maxQueued: 10 }
  const sink = createLangfuseSink({ ...keys, ...patience, baseUrl: receiver.url })
  onTestFinished(async () => {
    await sink.close()
    await receiver[Symbol.asyncDispose]()
  })
  const { engine } = createHarness({ sink })
  const runs = await Promise.all(Array.from({ length: 20 }, async () => await engine.run(bash('true'), acme)))
  expect(runs.map(({ status }) => status)).toEqual(runs.map(() => 'succeeded'))
  expect(receiver.spans()).toEqual([])
  // Twenty runs are over a hundred spans: ten wait, some are under way, the others are lost and counted.
  expect(sink.dropped()['langfuse']).toBeGreaterThan(20)
})
