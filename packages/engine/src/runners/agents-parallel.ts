import { OperationError, type OperationOf } from '@caisson/core'
import { bulkhead } from 'cockatiel'
import { type AgentResult, endOfAgent, readAgentLog } from './agent-log.ts'
import { asJson } from './as-json.ts'
import { runAgent } from './run-agent.ts'
import type { RunnerContext, RunnerResult } from './runner.ts'

/**
 * Each agent in a sandbox of its own, so many at a time as were asked for. What one of them does is no failure of another. After an
 * interruption those that had ended keep their results, those under way are found again, and the others begin.
 */
export async function agentsParallel(
  operation: OperationOf<'agents.parallel'>,
  context: RunnerContext,
): Promise<RunnerResult> {
  const { agents, concurrency, onFailure, share } = operation.input
  if (share !== undefined && operation.session !== undefined) {
    throw new OperationError(
      'invalid-operation',
      'what the agents share goes with the run, and a session would keep it',
      {
        field: 'input.share',
        remedy: 'leave out the session, or the share',
      },
    )
  }
  const before = await readAgentLog(context)
  const endsAtMs = before.startedAtMs === undefined ? context.endsAtMs : before.startedAtMs + operation.timeoutMs
  const giveUp = new AbortController()
  const cancel = AbortSignal.any([context.cancel, giveUp.signal])
  const room = bulkhead(Math.min(concurrency, agents.length), agents.length)
  const results = new Map<string, AgentResult>()
  const add = (result: AgentResult) => {
    results.set(result.name, result)
    if (result.status === 'failed' && onFailure === 'cancel-all')
      giveUp.abort(new OperationError('cancelled', `the agent ${result.name} failed`))
  }
  const keep = async (result: AgentResult) => {
    if (results.has(result.name)) return
    add(result)
    const atMs = context.now()
    const note = `${result.name}: ${result.status}`
    await context.tell([
      endOfAgent(result, atMs),
      { type: 'progress', atMs, done: results.size, total: agents.length, note },
    ])
  }

  for (const { result } of before.ended.values()) add(result)
  const turns = agents
    .map((agent, index) => ({ agent, index, begunAtMs: before.begun.get(agent.name), keep }))
    .filter(({ agent }) => !before.ended.has(agent.name))
    // Those that are under way have their places already.
    .toSorted((one, other) => Number(other.begunAtMs !== undefined) - Number(one.begunAtMs !== undefined))
  await Promise.all([
    ...[...before.ended.values()].map(async ({ result, endedAtMs }) => {
      const startedAtMs = before.begun.get(result.name)
      if (startedAtMs === undefined) return
      await context.recall({ slot: result.name, startedAtMs, endedAtMs, outcome: result.outcome })
    }),
    ...turns.map(
      async (turn) => await room.execute(async () => await runAgent({ ...context, cancel, endsAtMs }, turn)),
    ),
  ])
  const ended = agents.flatMap(({ name }) => results.get(name) ?? [])
  return {
    succeeded: ended.every(({ succeeded }) => succeeded),
    value: asJson({
      agents: ended.map(({ name, status, outcome, value, error }) => ({ name, status, outcome, value, error })),
    }),
    artifacts: ended.flatMap(({ artifacts }) => artifacts),
  }
}
