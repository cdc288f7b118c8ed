import { OperationError, type OperationOf, type RunStatus, toErrorData } from '@caisson/core'
import { bulkhead } from 'cockatiel'
import { throwIfStopped } from '../runs/stopped.ts'
import { asJson } from './as-json.ts'
import { executeTask } from './execute-task.ts'
import { refuseResumption } from './refuse-resumption.ts'
import type { RunnerContext, RunnerResult } from './runner.ts'

type Agent = OperationOf<'agents.parallel'>['input']['agents'][number]

interface AgentResult extends RunnerResult {
  readonly name: string
  readonly status: Extract<RunStatus, 'succeeded' | 'failed' | 'cancelled'>
}

/** Each agent in a sandbox of its own, so many at a time as were asked for. What one of them does is no failure of another. */
export async function agentsParallel(
  operation: OperationOf<'agents.parallel'>,
  context: RunnerContext,
): Promise<RunnerResult> {
  refuseResumption(context)
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
  const giveUp = new AbortController()
  const cancel = AbortSignal.any([context.cancel, giveUp.signal])
  const room = bulkhead(Math.min(concurrency, agents.length), agents.length)
  let done = 0

  const results = await Promise.all(
    agents.map(
      async (agent, index) =>
        await room.execute(async () => {
          const result = await runAgent({ ...context, cancel }, agent, index)
          if (result.status === 'failed' && onFailure === 'cancel-all')
            giveUp.abort(new OperationError('cancelled', `the agent ${agent.name} failed`))
          done += 1
          await context.progress(done, agents.length, `${agent.name}: ${result.status}`)
          return result
        }),
    ),
  )
  return {
    succeeded: results.every(({ succeeded }) => succeeded),
    value: asJson({
      agents: results.map(({ name, status, outcome, value, error }) => ({ name, status, outcome, value, error })),
    }),
    artifacts: results.flatMap(({ artifacts }) => artifacts),
  }
}

async function runAgent(context: RunnerContext, { name, task, timeoutMs }: Agent, index: number): Promise<AgentResult> {
  const startedAtMs = context.now()
  const endsAtMs = Math.min(context.endsAtMs, startedAtMs + (timeoutMs ?? Infinity))
  try {
    context.cancel.throwIfAborted()
    const result = await context.inSandbox(
      { slot: name, repeatable: false },
      async (workplace) =>
        await executeTask(context, workplace, {
          task,
          tag: `${context.run}.${index}`,
          source: name,
          timeoutMs: Math.max(1, endsAtMs - context.now()),
          field: `input.agents.${index}.task.input`,
          prefix: `${name}/`,
        }),
    )
    const status = result.outcome?.kind === 'cancelled' ? 'cancelled' : result.succeeded ? 'succeeded' : 'failed'
    return { ...result, name, status }
  } catch (error) {
    throwIfStopped(context.stop)
    const status = context.cancel.aborted ? 'cancelled' : 'failed'
    return { name, status, succeeded: false, value: null, artifacts: [], error: toErrorData(error) }
  }
}
