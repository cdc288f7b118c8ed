import type { Operation, OrganizationId, RunId } from '@caisson/core'
import type { Span } from '@caisson/tracing'
import type { OutputLog } from './runs/output-log.ts'
import type { RunHandle } from './runs/run-handle.ts'
import type { Services } from './services.ts'

/** One run in the hands of this engine: what the steps of its way share. */
export interface Work {
  readonly services: Services
  readonly handle: RunHandle
  readonly run: RunId
  readonly organization: OrganizationId
  readonly operation: Operation
  /** Whether another engine may have begun with it. */
  readonly resumed: boolean
  readonly output: OutputLog
  readonly span: Span
  /** Aborts when the caller cancels the run or its time is over. */
  readonly cancel: AbortSignal
  /** Aborts when the work is to be left as it is: see `Stopped`. */
  readonly stop: AbortSignal
}
