import type { OperationInput, Run, RunEvent } from '@caisson/core'
import { exitCodeOfRun, isProgram } from './exit-codes.ts'
import { formatPlacement } from './output/format-decision.ts'
import { printable } from './output/printable.ts'
import { createProgress } from './output/progress.ts'
import { formatDuration } from './output/time.ts'
import { saveArtifacts } from './save-artifacts.ts'
import type { Session } from './session.ts'

export interface FollowOperationOptions {
  readonly detach?: boolean | undefined
  readonly id?: string | undefined
  /** Address that is told of the run; nobody waits for it then. */
  readonly callback?: string | undefined
  /** Where artifacts are written. */
  readonly out?: string | undefined
}

/** Runs an operation: its output is ours while it runs, its exit code when it is over. */
export async function followOperation(
  session: Session,
  operation: OperationInput,
  { detach, id, callback, out }: FollowOperationOptions,
): Promise<number> {
  const { client, terminal, json, signal } = session
  if (detach === true || callback !== undefined) {
    const run = await client.runs.submit(operation, {
      id,
      ...(callback === undefined ? {} : { callback: { url: callback } }),
    })
    session.show(run, () => run.id)
    return 0
  }
  const progress = createProgress(terminal, !json)
  progress.show('submitting')
  const onEvent = (event: RunEvent) => {
    if (event.type === 'status') progress.show(event.status)
    else if (event.type === 'progress') progress.show(`${event.done} of ${event.total} ${event.note ?? ''}`)
    else if (event.type === 'output' && !json) {
      progress.clear()
      writeOutput(session, event)
    }
  }
  const run = await client.runs.run(operation, { id, onEvent, signal })
  progress.clear()
  const saved = run.artifacts.length === 0 ? [] : await saveArtifacts(client, run.artifacts, out ?? '.')
  const hasValue = run.value !== undefined && (run.value !== null || run.status === 'succeeded')
  if (json) session.show(run, () => '')
  else if (!isProgram(run) && hasValue) terminal.out(`${JSON.stringify(run.value, undefined, 2)}\n`)
  // A program that ended by itself has said what it had to say; whoever pipes it wants nothing else.
  if (!json && (terminal.isInteractive || run.error !== undefined || run.outcome?.kind !== 'exited')) {
    terminal.err(`${describeEnd(session, run, saved)}\n`)
  }
  return exitCodeOfRun(run)
}

export function writeOutput({ terminal }: Session, event: Extract<RunEvent, { type: 'output' }>): void {
  const bytes = Buffer.from(event.base64, 'base64')
  if (event.stream === 'stderr') terminal.err(bytes)
  else terminal.out(bytes)
}

function describeEnd({ terminal: { colors } }: Session, run: Run, saved: readonly string[]): string {
  const { decision, error } = run
  const place = decision === undefined ? '' : formatPlacement(decision)
  const isRefused = decision?.placement.kind === 'denied'
  const what = isRefused ? place : `${run.status}${describeOutcome(run)}${place === '' ? '' : ` on ${place}`}`
  const took = formatDuration((run.finishedAtMs ?? run.createdAtMs) - run.createdAtMs)
  return [
    colors.dim(`${what} in ${took}; run ${run.id}`),
    ...(run.status === 'denied' ? (decision?.reasons ?? []).map(({ text }) => `  ${printable(text)}`) : []),
    ...(error === undefined
      ? []
      : [colors.red(printable(error.message)), ...(error.remedy === undefined ? [] : [`  ${error.remedy}`])]),
    ...saved.map((path) => colors.dim(`saved ${path}`)),
  ].join('\n')
}

function describeOutcome({ status, outcome }: Run): string {
  if (outcome === undefined || outcome.kind === status) return ''
  if (outcome.kind === 'exited') return ` with exit code ${outcome.code}`
  return outcome.kind === 'signaled' ? ` by ${outcome.signal}` : `, ${outcome.kind}`
}
