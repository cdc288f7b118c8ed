import {
  type AgentSandbox,
  type CodeInterpreter,
  isSandboxError,
  type Language,
  OperationError,
  type OperationOf,
  type ProcessOutcome,
  SandboxError,
} from '@caisson/core'
import { throwIfStopped } from '../runs/stopped.ts'
import { answerOf } from '../runs/answer-of.ts'
import type { Workplace } from '../way/in-sandbox.ts'
import { asJson } from './as-json.ts'
import { createCellRecord } from './cell-record.ts'
import { explainLimit } from './explain-limit.ts'
import { refuseResumption } from './refuse-resumption.ts'
import type { RunnerContext, RunnerResult } from './runner.ts'
import { workDirectory, writeFiles } from './workspace.ts'

type Cell = OperationOf<'code.execute'>

/** Code as a cell: in the session's context of its language, with what earlier cells left there. */
export async function runCell(operation: Cell, context: RunnerContext): Promise<RunnerResult> {
  refuseResumption(context)
  const { input, session, timeoutMs } = operation
  if (input.stdin !== undefined) {
    throw new OperationError('invalid-operation', 'a cell has no standard input', { field: 'input.stdin' })
  }
  return await context.inSandbox({ slot: '', repeatable: false }, async (workplace) => {
    const { sandbox, begin } = workplace
    const code = interpreterOf(sandbox)
    await writeFiles(context, workplace, { files: input.files, field: 'input.files' })
    const id = await contextFor(context, code, input.language)
    begin()
    const record = createCellRecord(context)
    const outcome = await follow({ context, workplace, code, record }, operation, id)
    await context.output.flush()
    const { artifacts, missing } = await context.collect(sandbox, {
      directory: workDirectory,
      patterns: input.artifacts,
    })
    workplace.span.end({ output: { outcome, outputs: record.outputs().length } })
    return {
      succeeded: outcome.kind === 'exited' && outcome.code === 0,
      outcome,
      value: asJson({
        language: input.language,
        code: input.code,
        session,
        executionCount: record.executionCount(),
        outputs: record.outputs(),
        error: record.error(),
        omittedBytes: record.omittedBytes(),
        missingArtifacts: missing,
      }),
      artifacts,
      error: explainLimit(outcome, { timeoutMs, outputBytes: context.limits.outputBytes }),
    }
  })
}

function interpreterOf({ code }: AgentSandbox): CodeInterpreter {
  if (code !== undefined) return code
  throw new SandboxError('unsupported', 'engine', 'the sandbox has no code interpreter')
}

/** The context that cells of this language share. All of them work in the working directory, by which it is known. */
async function contextFor(
  { limits, cancel, stop }: RunnerContext,
  code: CodeInterpreter,
  language: Language,
): Promise<string> {
  const answer = { answerMs: limits.answerMs, signals: [cancel, stop] }
  const contexts = await answerOf(async (options) => await code.listContexts(options), answer)
  const known = contexts.find(
    (one) => one.language === language && (one.cwd === workDirectory || one.cwd.endsWith(`/${workDirectory}`)),
  )
  if (known !== undefined) return known.id
  const made = await answerOf(
    async (options) => await code.createContext(language, { cwd: workDirectory, ...options }),
    answer,
  )
  return made.id
}

interface Following {
  readonly context: RunnerContext
  readonly workplace: Workplace
  readonly code: CodeInterpreter
  readonly record: ReturnType<typeof createCellRecord>
}

async function follow(
  { context, code, record }: Following,
  { input, timeoutMs }: Cell,
  id: string,
): Promise<ProcessOutcome> {
  const { limits, cancel, stop } = context
  try {
    const events = await code.run(input.code, {
      context: id,
      env: input.env,
      signal: AbortSignal.any([cancel, stop]),
      deadline: Date.now() + timeoutMs,
    })
    for await (const event of events) {
      await record.take(event)
      // Leaving the loop cancels the stream, and that interrupts the cell.
      if (record.writtenBytes() > limits.outputBytes) return { kind: 'output-limit' }
    }
    return { kind: 'exited', code: record.error() === undefined ? 0 : 1 }
  } catch (error) {
    throwIfStopped(stop)
    if (!isSandboxError(error)) throw error
    if (cancel.aborted) return { kind: 'cancelled' }
    if (error.code === 'timeout') return { kind: 'timed-out' }
    throw error
  }
}
