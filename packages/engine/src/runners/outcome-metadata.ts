import type { ProcessOutcome } from '@caisson/core'
import type { Metadata } from '@caisson/tracing'

/** How a process ended, as its span tells it. */
export function outcomeMetadata(outcome: ProcessOutcome): Metadata {
  return {
    exitCode: outcome.kind === 'exited' ? outcome.code : undefined,
    timed_out: outcome.kind === 'timed-out',
    oom: outcome.kind === 'out-of-memory',
  }
}
