import { createHash } from 'node:crypto'
import type { Operation, Run } from '@caisson/core'
import { redactingSink, type Span, spanNames, type TraceSink } from '@caisson/tracing'
import type { RunRecord } from './ports/run-store.ts'
import { secretsOf } from './secrets-of.ts'

export interface Trace {
  readonly span: Span
  readonly end: (run: Run) => void
}

/** The spans around a run: the agent's, if one is known, and that of the operation as its tool. */
export function startTrace(to: TraceSink, { run, operation, operationHash, requester }: RunRecord): Trace {
  const secrets = secretsOf(operation)
  const sink = secrets.length === 0 ? to : redactingSink(to, { secrets })
  const { agent, agentName, traceparent } = requester
  const { organization, kind } = run
  const root = { traceparent, sessionId: operation.session, userId: agent, tags: [kind, organization], organization }
  const tool = {
    name: `${spanNames.tool} ${kind}`,
    type: 'tool',
    input: { kind, operationHash, ...summarize(operation) },
    metadata: {
      run: run.id,
      organization,
      trust: operation.trust,
      sensitivity: operation.sensitivity,
    },
  } as const
  const outer =
    agentName === undefined
      ? undefined
      : sink.startSpan({ ...root, name: spanNames.agent, type: 'agent', metadata: { agentName } })
  const span = outer?.startSpan(tool) ?? sink.startSpan({ ...root, ...tool })
  return {
    span,
    end: ({ status, outcome, usage, artifacts, attempts, error }) => {
      span.end({
        output: { status, outcome, artifacts: artifacts.length, attempts: attempts.length },
        usage: { leased_ms: usage.leasedMs },
        costUsd: usage.costUsd,
        metadata: { errorCode: error?.code },
        ...(status === 'failed' || status === 'denied'
          ? { level: 'error', statusMessage: error?.message ?? status }
          : {}),
      })
      outer?.end()
    },
  }
}

/** What it is about, without what it says: code and data by size and hash, variables and headers by name. */
function summarize(operation: Operation): Readonly<Record<string, unknown>> {
  switch (operation.kind) {
    case 'code.execute': {
      const { language, code, files, env } = operation.input
      return { language, code: fingerprint(code), files: files.length, variables: Object.keys(env) }
    }
    case 'command.run': {
      const { argv, files, env } = operation.input
      return { program: argv[0], arguments: argv.length - 1, files: files.length, variables: Object.keys(env) }
    }
    case 'document.parse':
      return { name: operation.input.name }
    case 'http.request': {
      const { method, url, headers } = operation.input
      return { method, origin: new URL(url).origin, headers: Object.keys(headers) }
    }
    case 'agents.parallel':
      return { agents: operation.input.agents.map(({ name }) => name), concurrency: operation.input.concurrency }
    case 'batch.run': {
      const { task, items, concurrency } = operation.input
      return { language: task.language, code: fingerprint(task.code), items: items.length, concurrency }
    }
    case 'database.read':
      return { query: operation.input.query }
    case 'entity.write':
      return { entity: operation.input.entity, id: operation.input.id }
    case 'tool.call':
      return { tool: operation.input.tool, task: operation.input.task?.kind }
  }
}

function fingerprint(code: string) {
  return { bytes: Buffer.byteLength(code), sha256: createHash('sha256').update(code).digest('hex') }
}
