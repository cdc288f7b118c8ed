import type { OperationOf } from '@caisson/core'
import { executeTask } from './execute-task.ts'
import type { RunnerContext, RunnerResult } from './runner.ts'

/** Code and commands: one process in one sandbox. */
export async function runTask(
  operation: OperationOf<'code.execute'> | OperationOf<'command.run'>,
  context: RunnerContext,
): Promise<RunnerResult> {
  return await context.inSandbox(
    { slot: '', repeatable: false },
    async (workplace) =>
      await executeTask(context, workplace, {
        task: operation,
        tag: context.run,
        source: '',
        timeoutMs: operation.timeoutMs,
        field: 'input',
      }),
  )
}
