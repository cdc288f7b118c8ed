import type { OperationKind, OperationOf, OrganizationId, RunId } from '@caisson/core'

/** What a host function can carry out. A tool is called by the one who has it: its run only gives the permission. */
export type HostKind = Exclude<OperationKind, 'tool.call'>

export interface HostFunctionContext {
  readonly organization: OrganizationId
  readonly run: RunId
  /** Aborts when the run is cancelled or out of time. */
  readonly signal: AbortSignal
}

/**
 * What carries out an operation that is placed on the host. It runs with all rights of this process. The result must be JSON; what
 * it throws fails the run. Give writes an idempotency key of `context.run`: a run is never started twice, but its caller may be.
 */
export type HostFunctions = {
  readonly [Kind in HostKind]?: (input: OperationOf<Kind>['input'], context: HostFunctionContext) => Promise<unknown>
}
