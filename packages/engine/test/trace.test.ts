import { spanNames, type Span, type SpanEnd, type SpanStart, type TraceSink } from '@caisson/tracing'
import type { OperationInput } from '@caisson/core'
import { createMemoryAdapter } from '@caisson/conformance/memory'
import { expect, it } from 'vitest'
import { acme, bash, createHarness, toArray } from './support/harness.ts'

interface Recorded {
  readonly start: SpanStart
  readonly parent: string | undefined
  end?: SpanEnd | undefined
}

function recordingSink() {
  const spans: Recorded[] = []
  const open = (start: SpanStart, parent: string | undefined): Span => {
    const recorded: Recorded = { start, parent }
    spans.push(recorded)
    return {
      traceId: '0'.repeat(32),
      id: '0'.repeat(16),
      startSpan: (child) => open(child, start.name),
      event: (event) => void spans.push({ start: { name: event.name, type: 'span' }, parent: start.name }),
      end: (end) => void (recorded.end ??= end ?? {}),
    }
  }
  const sink: TraceSink = {
    startSpan: (start) => open(start, undefined),
    flush: async () => undefined,
    close: async () => undefined,
  }
  return { sink, spans }
}

it('tells the way of an operation as spans, each of which ends', async () => {
  const { sink, spans } = recordingSink()
  const { engine } = createHarness({ sink })
  await engine.run(bash('true'), { ...acme, agentName: 'helper' })
  expect(spans.map(({ start, parent }) => [start.name, parent])).toEqual([
    [spanNames.agent, undefined],
    [spanNames.tool, spanNames.agent],
    [spanNames.decide, spanNames.tool],
    [spanNames.acquire, spanNames.tool],
    [spanNames.acquire, spanNames.tool],
    [spanNames.exec, spanNames.tool],
    [spanNames.release, spanNames.tool],
  ])
  expect(spans.every(({ end }) => end !== undefined)).toBe(true)
  const decided = spans.find(({ start }) => start.name === spanNames.decide)
  const executed = spans.find(({ start }) => start.name === spanNames.exec)
  expect(executed?.end?.output).toMatchObject({ outcome: { kind: 'exited', code: 0 } })
  expect(decided?.end?.output).toMatchObject({ verdict: 'sandbox', policy: { hash: expect.any(String) } })
})

it('keeps what is secret out of traces and events', async () => {
  const { sink, spans } = recordingSink()
  const { engine } = createHarness({ sink, adapters: [createMemoryAdapter()] })
  const secret = 'CANARY'
  const operations: OperationInput[] = [
    bash(`true # ${secret}`, {
      env: { TOKEN: secret },
      stdin: secret,
      files: [{ path: 'secret.txt', content: { text: secret } }],
    }),
    { kind: 'command.run', input: { argv: ['true', `--password=${secret}`], env: { TOKEN: secret } } },
    {
      kind: 'http.request',
      input: { url: `https://example.com/?key=${secret}`, headers: { authorization: secret }, body: secret },
    },
    { kind: 'database.read', input: { query: 'q', parameters: { password: secret } } },
    { kind: 'entity.write', input: { entity: 'user', id: '1', value: { password: secret } } },
  ]
  for (const operation of operations) {
    const { id } = await engine.submit(operation, acme)
    const run = await engine.cancel(id, acme)
    expect(JSON.stringify(await toArray(engine.events(run.id, acme)))).not.toContain(secret)
  }
  for (const operation of operations.slice(0, 2)) await engine.run(operation, acme)
  expect(JSON.stringify(spans)).not.toContain(secret)
})
