import type { OperationInput } from '@caisson/core'
import { silentSink } from '@caisson/tracing'
import { startTraceReceiver } from '@caisson/tracing/testing'
import { expect, it } from 'vitest'
import { readConfig } from '../src/config.ts'
import { wireSink } from '../src/wire-sink.ts'
import { startTestService } from './support/service.ts'

const keys = { LANGFUSE_PUBLIC_KEY: 'pk-lf-x', LANGFUSE_SECRET_KEY: 'sk-lf-x' }
const pair = { publicKey: keys.LANGFUSE_PUBLIC_KEY, secretKey: keys.LANGFUSE_SECRET_KEY }

it.each(['otel', 'ingestion'] as const)(
  'sends whole traces by %s, and no secret of an operation in them',
  async (protocol) => {
    const canary = 'Blue-Heron-4711'
    await using receiver = await startTraceReceiver(pair)
    const settings = {
      ...keys,
      LANGFUSE_BASE_URL: receiver.url,
      CAISSON_LANGFUSE_PROTOCOL: protocol,
      CAISSON_OTLP_URL: `${receiver.url}/v1/traces`,
      CAISSON_OTLP_HEADERS: 'x-collector=Grey-Heron-0815',
      CAISSON_REDACT_PATTERN: 'ACME-\\d+',
    }
    const errors: unknown[] = []
    const sink = await wireSink(readConfig({ ...settings, CAISSON_TRACE_FILE: 'false' }), (error) => errors.push(error))
    {
      await using service = await startTestService({ sink })
      const operations: OperationInput[] = [
        {
          kind: 'command.run',
          session: 'case of ACME-1234 for ann@example.com',
          input: {
            argv: [`/no/such/${canary}`, canary],
            env: { CASE: canary },
            stdin: canary,
            files: [{ path: `${canary}.txt`, content: { text: canary } }],
          },
        },
        {
          kind: 'code.execute',
          input: { language: 'bash', code: `echo ${canary} >&2; exit 3`, env: { CASE: canary } },
        },
      ]
      for (const operation of operations) expect((await service.admin.runs.run(operation)).status).toBe('failed')
    }
    expect(errors).toEqual([])
    expect(receiver.problems()).toEqual([])
    const sent = receiver.received()
    for (const leak of [canary, 'ACME-1234', 'ann@example.com']) expect(sent).not.toContain(leak)
    // The key of the collector reaches the collector, and nobody else.
    const elsewhere = sent.split('\n').filter((line) => line.startsWith('{') && line.includes('x-collector'))
    expect(elsewhere.every((headers) => !headers.includes('Basic '))).toBe(true)
    expect(receiver.events().some(({ type }) => type === 'score-create')).toBe(true)
    expect(receiver.spans().some(({ name }) => name === 'policy.decide')).toBe(true)
  },
)

it('tells on /metrics what trace backends lost', async () => {
  await using service = await startTestService({ sink: { ...silentSink, dropped: () => ({ langfuse: 7 }) } })
  const answer = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${service.adminKey}` } })
  expect(await answer.text()).toContain('caisson_trace_items_dropped_total{backend="langfuse"} 7')
})

it.each([
  ['/e2b/sandboxes', 'x-api-key', { templateID: 'base', timeout: 60 }],
  ['/daytona/sandbox', 'authorization', {}],
])('goes on with the trace of a client of a vendor: %s', async (path, header, body) => {
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  await using receiver = await startTraceReceiver(pair)
  const settings = { CAISSON_OTLP_URL: `${receiver.url}/v1/traces`, CAISSON_TRACE_FILE: 'false' }
  const sink = await wireSink(readConfig(settings), () => {})
  {
    await using service = await startTestService({ sink })
    const answer = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [header]: header === 'authorization' ? `Bearer ${service.adminKey}` : service.adminKey,
        traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      },
      body: JSON.stringify(body),
    })
    expect(answer.ok, await answer.text()).toBe(true)
  }
  const spans = receiver.spans()
  expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining(['execute_tool sandbox.open', 'policy.decide']))
  expect(new Set(spans.map((span) => span.traceId))).toEqual(new Set([traceId]))
  expect(spans.find(({ name }) => name === 'execute_tool sandbox.open')?.parentSpanId).toBe('b7ad6b7169203331')
})
