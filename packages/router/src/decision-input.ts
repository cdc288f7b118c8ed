import type { AdapterCapabilities, AdapterHealth, DecisionId, Finding, Operation, OperationKind } from '@caisson/core'
import type { Policy } from './policy.ts'

/** An adapter as it is known at the time of the decision. */
export interface AdapterState {
  readonly name: string
  readonly capabilities: AdapterCapabilities
  readonly health: AdapterHealth
  /** Typical time from create to first command. Breaks ties. */
  readonly latencyMs?: number | undefined
}

/** All that a decision depends on: the same input always gives the same decision. */
export interface DecisionInput {
  readonly decisionId: DecisionId
  readonly operation: Operation
  /** From `operationHash`. */
  readonly operationHash: string
  readonly organization: string
  readonly policy: Policy
  /** In no order. Names must be unique. */
  readonly adapters: readonly AdapterState[]
  /** Kinds for which the caller registered a host function. */
  readonly hostFunctions: readonly OperationKind[]
  readonly findings: readonly Finding[]
  /** What the organization may still spend. Absent: without limit. */
  readonly remainingBudgetUsd?: number | undefined
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}
