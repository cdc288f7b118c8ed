import {
  encodeText,
  isSandboxError,
  minuteMs,
  OperationError,
  type OutputChunk,
  type Process,
  type ProcessResult,
  type ProcessSpec,
  SandboxError,
} from '@caisson/core'
import { answerOf } from '../runs/answer-of.ts'
import { raceSignal } from '../runs/race-signal.ts'
import { throwIfStopped } from '../runs/stopped.ts'
import type { Workplace } from '../way/in-sandbox.ts'
import type { RunnerContext } from './runner.ts'

export interface RunToEndOptions {
  readonly spec: ProcessSpec & { readonly tag: string; readonly timeoutMs: number }
  readonly stdin?: string | undefined
  /** Puts in place what the process needs, if it has to be started. */
  readonly prepare: () => Promise<void>
  /** Where a resumed process's output goes on. */
  readonly fromOffset?: number | undefined
  /** Whether it may be started again when it cannot be told whether it ran. */
  readonly repeatable: boolean
  readonly onChunk: (chunk: OutputChunk) => Promise<void> | void
}

/** Adapters remember ended processes for ten minutes; one that is unknown within this time never ran. */
const rememberedMs = 9 * minuteMs

/**
 * Starts a process, or finds it again after an interruption, hands on its output, and waits for its end. A cancelled run ends it; an
 * engine that stops leaves it running.
 */
export async function runToEnd(
  context: RunnerContext,
  workplace: Workplace,
  options: RunToEndOptions,
): Promise<ProcessResult> {
  const process = (await findAgain(context, workplace, options)) ?? (await start(context, workplace, options))
  const { answerMs } = context.limits
  const silent = new AbortController()
  const giveUp = AbortSignal.any([silent.signal, context.stop])
  const expect = (ms: number) => setTimeout(() => silent.abort(), ms)
  let patience = expect(options.spec.timeoutMs + answerMs)
  const cancel = () => {
    clearTimeout(patience)
    patience = expect(answerMs)
    process.cancel({ signal: giveUp }).catch(() => undefined)
  }
  if (context.cancel.aborted) cancel()
  context.cancel.addEventListener('abort', cancel, { once: true })
  const reader = process.output.getReader()
  try {
    for (;;) {
      const { done, value } = await raceSignal(reader.read(), giveUp)
      if (done) break
      await options.onChunk(value)
    }
    return await raceSignal(process.wait(), giveUp)
  } catch (error) {
    throwIfStopped(context.stop)
    if (!silent.signal.aborted) throw error
    throw new SandboxError('timeout', 'engine', 'the sandbox did not end the process in time', { cause: error })
  } finally {
    clearTimeout(patience)
    context.cancel.removeEventListener('abort', cancel)
    void reader.cancel().catch(() => undefined)
  }
}

async function findAgain(
  context: RunnerContext,
  { sandbox, resumed, sinceMs, begin }: Workplace,
  { spec, fromOffset = 0, repeatable }: RunToEndOptions,
): Promise<Process | undefined> {
  if (!resumed) return undefined
  try {
    const process = await answerOf(
      async ({ signal }) => await sandbox.processes.attach(spec.tag, { fromOffset, signal }),
      // Also when it is to be ended: what it printed is wanted.
      { answerMs: context.limits.answerMs, signals: [context.stop] },
    )
    begin()
    return process
  } catch (error) {
    if (!isSandboxError(error) || error.code !== 'process-not-found') throw error
    if (repeatable || context.now() - sinceMs < rememberedMs) return undefined
    throw new OperationError('interrupted', 'the engine was interrupted for so long that the result is lost', {
      remedy: 'submit the operation again',
      cause: error,
    })
  }
}

async function start(
  context: RunnerContext,
  { sandbox, begin }: Workplace,
  { spec, stdin, prepare, repeatable }: RunToEndOptions,
): Promise<Process> {
  await prepare()
  try {
    const process = await answerOf(
      async ({ signal }) =>
        await sandbox.processes.spawn(stdin === undefined ? spec : { ...spec, stdin: 'pipe' }, { signal }),
      { answerMs: context.limits.answerMs, signals: [context.cancel, context.stop] },
    )
    if (!repeatable) begin()
    if (stdin !== undefined) void feed(process, stdin)
    return process
  } catch (error) {
    // When the sandbox is gone nothing can have run in it; after any other failure the process may be running.
    if (!repeatable && !(isSandboxError(error) && error.code === 'sandbox-not-found')) begin()
    throw error
  }
}

async function feed({ stdin }: Process, text: string): Promise<void> {
  const writer = stdin?.getWriter()
  try {
    await writer?.write(encodeText(text))
    await writer?.close()
  } catch {
    // A process that ends before it has read its input is no failure of the run.
  }
}
