import type { OutputChunk } from '@caisson/core'
import { eventNames, formatTraceparent } from '@caisson/tracing'
import { createBoundedText } from '../runs/bounded-text.ts'
import type { Workplace } from '../way/in-sandbox.ts'
import { explainLimit } from './explain-limit.ts'
import { outcomeMetadata } from './outcome-metadata.ts'
import type { RunnerContext, RunnerResult } from './runner.ts'
import { runToEnd } from './run-to-end.ts'
import { argvOf, envOf, explainMissingProgram, prepareTask, type Task } from './task.ts'
import { workDirectory } from './workspace.ts'

export interface TaskOptions {
  readonly task: Task
  /** Names the process in the sandbox and, with `source`, its output in the log. */
  readonly tag: string
  readonly source: string
  readonly timeoutMs: number
  /** The whole time that it had, where a part of it was over before: what errors tell. Default: `timeoutMs`. */
  readonly limitMs?: number | undefined
  /** Where the task is in the operation, for errors. */
  readonly field: string
  /** Put before the paths of artifacts. */
  readonly prefix?: string | undefined
}

/** One piece of code or one command as one process: files in, output to the log, artifacts out. */
export async function executeTask(
  context: RunnerContext,
  workplace: Workplace,
  { task, tag, source, timeoutMs, limitMs = timeoutMs, field, prefix }: TaskOptions,
): Promise<RunnerResult> {
  const { limits } = context
  const { input } = task
  const texts = { stdout: createBoundedText(limits.valueTextBytes), stderr: createBoundedText(limits.valueTextBytes) }
  const keep = ({ stream, bytes }: OutputChunk) => texts[stream === 'stderr' ? 'stderr' : 'stdout'].add(bytes)
  const before = { endOffset: 0, bytes: 0 }
  if (workplace.resumed) {
    for await (const chunk of context.storedOutput(source)) {
      keep(chunk)
      before.endOffset = chunk.offset + chunk.bytes.byteLength
      before.bytes += chunk.bytes.byteLength
    }
  }
  const result = await runToEnd(context, workplace, {
    spec: {
      argv: argvOf(task),
      cwd: workDirectory,
      // As programs that trace find it; what the operation says comes first.
      env: { TRACEPARENT: formatTraceparent(workplace.span), ...envOf(task) },
      outputLimitBytes: limits.outputBytes,
      tag,
      timeoutMs,
    },
    stdin: input.stdin,
    prepare: async () => await prepareTask(context, workplace, { task, field }),
    fromOffset: before.endOffset,
    repeatable: false,
    onChunk: async (chunk) => {
      keep(chunk)
      await context.output.write(source, chunk)
    },
  }).catch((error: unknown) => {
    throw explainMissingProgram(error, task, field)
  })
  await context.output.flush()
  const { artifacts, missing } = await context.collect(workplace.sandbox, {
    directory: workDirectory,
    patterns: input.artifacts,
    prefix,
  })
  const { outcome, durationMs, outputBytes } = result
  const error = explainLimit(outcome, { timeoutMs: limitMs, outputBytes: limits.outputBytes })
  const { span } = workplace
  if (error !== undefined)
    span.event({ name: eventNames.limitHit, level: 'warning', metadata: { limit: outcome.kind } })
  const truncated = texts.stdout.truncated() || texts.stderr.truncated()
  span.end({
    output: { outcome, durationMs, outputBytes, truncated },
    metadata: outcomeMetadata(outcome),
    usage: { output_bytes: outputBytes },
  })
  return {
    succeeded: outcome.kind === 'exited' && outcome.code === 0,
    outcome,
    value: {
      stdout: texts.stdout.text(),
      stderr: texts.stderr.text(),
      truncated,
      outputBytes,
      droppedBytes: outputBytes - before.bytes - context.output.storedBytes(source),
      durationMs,
      missingArtifacts: [...missing],
    },
    artifacts,
    error,
  }
}
