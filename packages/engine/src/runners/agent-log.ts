import type { RunStatus } from '@caisson/core'
import type { NewRunEvent } from '../ports/event-store.ts'
import type { RunnerContext, RunnerResult } from './runner.ts'

/** What became of one agent. */
export interface AgentResult extends RunnerResult {
  readonly name: string
  readonly status: Extract<RunStatus, 'succeeded' | 'failed' | 'cancelled'>
}

/** What the log of a run says of the time before an interruption. Times are milliseconds since the epoch. */
export interface AgentLog {
  readonly startedAtMs?: number | undefined
  /** When those began that began, by name. */
  readonly begun: ReadonlyMap<string, number>
  readonly ended: ReadonlyMap<string, { readonly result: AgentResult; readonly endedAtMs: number }>
}

export async function readAgentLog(context: RunnerContext): Promise<AgentLog> {
  let startedAtMs: number | undefined
  const begun = new Map<string, number>()
  const ended = new Map<string, { readonly result: AgentResult; readonly endedAtMs: number }>()
  if (!context.resumed) return { begun, ended }
  for await (const event of context.storedEvents()) {
    if (event.type === 'status' && event.status === 'running') startedAtMs ??= event.atMs
    if (event.type !== 'agent') continue
    const { name, status, atMs, outcome, value = null, error, artifacts = [] } = event
    if (status === 'running') begun.set(name, begun.get(name) ?? atMs)
    else if (!ended.has(name)) {
      const succeeded = status === 'succeeded'
      ended.set(name, { result: { name, status, succeeded, outcome, value, error, artifacts }, endedAtMs: atMs })
    }
  }
  return { startedAtMs, begun, ended }
}

export function endOfAgent({ name, status, outcome, value, error, artifacts }: AgentResult, atMs: number): NewRunEvent {
  return { type: 'agent', atMs, name, status, outcome, value, error, artifacts: [...artifacts] }
}
