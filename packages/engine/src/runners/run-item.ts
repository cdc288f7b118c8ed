import { OperationError, type OutputChunk, toErrorData } from '@caisson/core'
import { z } from 'zod'
import type { ItemResult } from '../ports/batch-store.ts'
import { createBoundedText } from '../runs/bounded-text.ts'
import type { Workplace } from '../way/in-sandbox.ts'
import { explainLimit } from './explain-limit.ts'
import type { Json, RunnerContext } from './runner.ts'
import { runToEnd } from './run-to-end.ts'
import { argvOf, envOf, explainMissingProgram, type Task } from './task.ts'
import { workDirectory } from './workspace.ts'

/** One try of one item of a batch. */
export interface ItemTry {
  readonly index: number
  readonly value: Json
  /** 1 for the first. */
  readonly attempt: number
  readonly task: Task
  readonly timeoutMs: number
}

/** One item of a batch as one process, which reads it as JSON from standard input and prints the result. */
export async function runItem(
  context: RunnerContext,
  workplace: Workplace,
  { index, value, attempt, task, timeoutMs }: ItemTry,
): Promise<ItemResult & { readonly succeeded: boolean }> {
  const { limits, run } = context
  const stdout = createBoundedText(limits.valueTextBytes)
  const stderr = createBoundedText(limits.valueTextBytes / 8)
  const source = `${index}${attempt === 1 ? '' : `.${attempt}`}`
  const { outcome } = await runToEnd(context, workplace, {
    spec: {
      argv: argvOf(task),
      cwd: workDirectory,
      env: { CAISSON_BATCH_ITEM: String(index), CAISSON_BATCH_ATTEMPT: String(attempt), ...envOf(task) },
      outputLimitBytes: limits.outputBytes,
      tag: `${run}.${source}`,
      timeoutMs,
    },
    stdin: JSON.stringify(value),
    prepare: async () => undefined,
    repeatable: true,
    onChunk: async (chunk: OutputChunk) => {
      const text = chunk.stream === 'stderr' ? stderr : stdout
      text.add(chunk.bytes)
      await context.output.write(source, chunk)
    },
  }).catch((error: unknown) => {
    throw explainMissingProgram(error, task, 'input.task')
  })
  if (outcome.kind === 'exited' && outcome.code === 0 && !stdout.truncated()) {
    return { succeeded: true, result: parseResult(stdout.text()) }
  }
  const error = stdout.truncated()
    ? toErrorData(new OperationError('quota-exceeded', `a result is limited to ${limits.valueTextBytes} bytes`))
    : explainLimit(outcome, { timeoutMs, outputBytes: limits.outputBytes })
  return { succeeded: false, outcome, stderr: stderr.text(), error }
}

/** JSON where it is JSON, else the text without the line break at its end. */
function parseResult(text: string): Json {
  try {
    return z.json().parse(JSON.parse(text))
  } catch {
    return text.replace(/\n$/, '')
  }
}
