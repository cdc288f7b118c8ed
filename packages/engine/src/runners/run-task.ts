import { executeTask } from './execute-task.ts'
import type { RunnerContext, RunnerResult } from './runner.ts'
import type { Task } from './task.ts'

export interface RunTaskOptions {
  readonly timeoutMs: number
  /** Where the task's input is in the operation, for errors. */
  readonly field: string
}

/** One piece of code or one command in one sandbox. */
export async function runTask(
  task: Task,
  context: RunnerContext,
  { timeoutMs, field }: RunTaskOptions,
): Promise<RunnerResult> {
  return await context.inSandbox(
    { slot: '', repeatable: false },
    async (workplace) =>
      await executeTask(context, workplace, { task, tag: context.run, source: '', timeoutMs, field }),
  )
}
