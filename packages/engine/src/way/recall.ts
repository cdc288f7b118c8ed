import { type ProcessOutcome, toErrorData } from '@caisson/core'
import { spanNames } from '@caisson/tracing'
import { release } from '../leases/release.ts'
import { resumeLease } from '../leases/resume-lease.ts'
import { outcomeMetadata } from '../runners/outcome-metadata.ts'
import { throwIfStopped } from '../runs/stopped.ts'
import type { Work } from '../work.ts'

export interface Recalled {
  readonly slot: string
  readonly startedAtMs: number
  readonly endedAtMs: number
  /** Absent when a failure was thrown. */
  readonly outcome?: ProcessOutcome | undefined
}

/**
 * What was done in a slot before an interruption: shown in the trace of this engine as well, and its sandbox given back if that is still
 * held. What cannot be given back now is at the end of the run.
 */
export async function recall(work: Work, { slot, startedAtMs, endedAtMs, outcome }: Recalled): Promise<void> {
  const span = work.span.startSpan({
    name: spanNames.exec,
    type: 'span',
    startedAtMs,
    metadata: { slot, resumed: true },
  })
  span.end({ endedAtMs, output: { outcome }, metadata: outcome === undefined ? {} : outcomeMetadata(outcome) })
  try {
    const held = await resumeLease(work, slot)
    throwIfStopped(work.stop)
    if (held === undefined || held === 'gone') return
    const { lease, sandbox } = held
    await release(work, { lease, sandbox, keep: outcome !== undefined && work.operation.session !== undefined })
  } catch (error) {
    throwIfStopped(work.stop)
    work.services.logger.warn({ run: work.run, slot, error: toErrorData(error) }, 'a sandbox could not be given back')
  }
}
