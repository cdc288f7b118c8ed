import { type OperationOf, toErrorData } from '@caisson/core'
import { throwIfStopped } from '../runs/stopped.ts'
import type { AgentResult } from './agent-log.ts'
import { executeTask } from './execute-task.ts'
import type { RunnerContext } from './runner.ts'

export interface AgentTurn {
  readonly agent: OperationOf<'agents.parallel'>['input']['agents'][number]
  /** Its place in the operation. */
  readonly index: number
  /** When it began, if that was before an interruption: it may be under way in its sandbox. Milliseconds since the epoch. */
  readonly begunAtMs: number | undefined
  /** Makes the result durable. Only the first one of an agent counts. */
  readonly keep: (result: AgentResult) => Promise<void>
}

/**
 * One agent in a sandbox of its own, from its turn on or from where an interruption left it. Its result is durable before its sandbox is
 * given back: what has no result and no sandbox any more never ran.
 */
export async function runAgent(
  context: RunnerContext,
  { agent: { name, task, timeoutMs }, index, begunAtMs, keep }: AgentTurn,
): Promise<void> {
  const startedAtMs = begunAtMs ?? context.now()
  const endsAtMs = Math.min(context.endsAtMs, startedAtMs + (timeoutMs ?? Infinity))
  const failureOf = (error: unknown): AgentResult => ({
    name,
    status: context.cancel.aborted ? 'cancelled' : 'failed',
    succeeded: false,
    value: null,
    artifacts: [],
    error: toErrorData(error),
  })
  try {
    // One that is under way is ended like every other process, with the output that it had.
    if (begunAtMs === undefined) {
      context.cancel.throwIfAborted()
      await context.tell([{ type: 'agent', atMs: startedAtMs, name, status: 'running' }])
    }
    await context.inSandbox({ slot: name, repeatable: false }, async (workplace) => {
      let begun = workplace.resumed
      const begin = () => {
        begun = true
        workplace.begin()
      }
      try {
        const ended = await executeTask(
          context,
          { ...workplace, begin },
          {
            task,
            tag: `${context.run}.${index}`,
            source: name,
            timeoutMs: Math.max(1, endsAtMs - context.now()),
            limitMs: Math.max(1, endsAtMs - startedAtMs),
            field: `input.agents.${index}.task.input`,
            prefix: `${name}/`,
          },
        )
        const status = ended.outcome?.kind === 'cancelled' ? 'cancelled' : ended.succeeded ? 'succeeded' : 'failed'
        await keep({ ...ended, name, status })
      } catch (error) {
        throwIfStopped(context.stop)
        if (begun) await keep(failureOf(error))
        throw error
      }
    })
  } catch (error) {
    throwIfStopped(context.stop)
    await keep(failureOf(error))
  }
}
