import type { Approval, Artifact, Decision, Operation, OperationInput, Run, RunEvent, SandboxInfo } from '@caisson/core'
import type { Derivation, Policy, Replay } from '@caisson/router'
import type { StoredArtifact } from './ports/artifact-store.ts'
import type { AuditEvent } from './ports/audit-store.ts'
import type { Batch, BatchItem, ItemState } from './ports/batch-store.ts'
import type { Lease } from './ports/lease-store.ts'
import type { DecidedOperation } from './way/decide.ts'
import type { RunPage, RunQuery } from './ports/run-store.ts'

/** Who asks. Everything is scoped by `organization`: what belongs to another one does not exist. */
export interface RunContext {
  readonly organization: string
  /** Identifies the agent or person, for audit and traces. */
  readonly agent?: string | undefined
  readonly agentName?: string | undefined
  /** W3C trace context of the caller, so that the run's spans join its trace. */
  readonly traceparent?: string | undefined
}

export interface SubmitOptions {
  /** Makes the submission idempotent: the same operation under the same id is the same run, another one is `conflict`. */
  readonly runId?: string | undefined
}

export interface WaitOptions {
  /** Ends the waiting with `cancelled`; the run goes on. */
  readonly signal?: AbortSignal | undefined
}

/** How a person answers an approval. */
export interface Verdict {
  /** For people and the audit log. */
  readonly by: string
  /** By what name they are told apart, with whatever key they come. Default: `by`. */
  readonly name?: string | undefined
  readonly reason?: string | undefined
}

/** What a person needs to answer. The operation may carry secrets: not for everybody. */
export interface ApprovalDetails {
  readonly approval: Approval
  readonly decision: Decision | undefined
  readonly operation: Operation
}

export interface RecoveryReport {
  /** Runs of dead owners that this engine took over and now finishes, those that can only be failed with `interrupted` included. */
  readonly resumed: number
  /** Sandboxes that belonged to nobody and were destroyed. */
  readonly destroyed: number
  /** Leases whose sandboxes had ended without anybody saying so: ended at the time at which that was. */
  readonly closed: number
}

export interface EngineBatches {
  /** Newest first, at most `limit` (default 50). */
  readonly list: (context: RunContext, query?: { readonly limit?: number | undefined }) => Promise<readonly Batch[]>
  /** How far the batch of a run is. A run that is no batch, or has not begun, is `run-not-found`. */
  readonly get: (runId: string, context: RunContext) => Promise<Batch>
  /** Items with what became of them, in order: at most `limit` (default 100) above `after`. */
  readonly items: (runId: string, context: RunContext, query?: BatchItemQuery) => Promise<readonly BatchItem[]>
  /**
   * Submits the dead and cancelled items of a batch that is over as a new run, in their order. While it lasts, or when there are none,
   * that is `conflict`.
   */
  readonly retry: (runId: string, context: RunContext, options?: SubmitOptions) => Promise<Run>
}

export interface BatchItemQuery {
  readonly states?: readonly ItemState[] | undefined
  readonly after?: number | undefined
  readonly limit?: number | undefined
}

export interface EngineSandboxes {
  /** The living sandboxes of the organization, over all adapters. An adapter that cannot be asked is left out and logged. */
  readonly list: (context: RunContext) => AsyncIterable<SandboxInfo>
  /** A sandbox of another organization is `absent`. */
  readonly destroy: (
    sandbox: { readonly adapter: string; readonly id: string },
    context: RunContext,
  ) => Promise<'destroyed' | 'absent'>
}

/**
 * Carries operations from decision to result. Bad input rejects with `OperationError`; once a run is stored, whatever becomes of it
 * is told by the run and not by an exception.
 */
export interface Engine extends AsyncDisposable {
  readonly ownerId: string
  /** Resolves when the warm pool is filled, or could not be. Operations need not wait for it. */
  readonly ready: () => Promise<void>
  /** Decides without running. Nothing is created or stored. */
  readonly decide: (operation: OperationInput, context: RunContext) => Promise<Decision>
  /** As `decide`, with every rule, guard and condition that was looked at. */
  readonly derive: (operation: OperationInput, context: RunContext) => Promise<Derivation>
  /** What `policy`, or else the one in force, would say today of what was decided before. Creates and stores nothing. */
  readonly replay: (
    past: readonly DecidedOperation[],
    context: RunContext,
    options?: { readonly policy?: Policy | undefined },
  ) => Promise<Replay>
  /** Stores the run and returns at once; the work goes on in the background. */
  readonly submit: (operation: OperationInput, context: RunContext, options?: SubmitOptions) => Promise<Run>
  /** `submit`, then `wait`. An aborted signal cancels the run and resolves with it. */
  readonly run: (
    operation: OperationInput,
    context: RunContext,
    options?: SubmitOptions & { readonly signal?: AbortSignal | undefined },
  ) => Promise<Run>
  /** Resolves when the run is final, whoever works on it. */
  readonly wait: (runId: string, context: RunContext, options?: WaitOptions) => Promise<Run>
  readonly get: (runId: string, context: RunContext) => Promise<Run>
  readonly list: (context: RunContext, query?: RunQuery) => Promise<RunPage>
  /** Kills what runs and releases its sandbox. Idempotent; resolves with the final run. A final run is left as it is. */
  readonly cancel: (runId: string, context: RunContext) => Promise<Run>
  /** What happened after sequence `after` (default 0) and what happens from now on; ends after the final status. */
  readonly events: (
    runId: string,
    context: RunContext,
    options?: { readonly after?: number | undefined; readonly signal?: AbortSignal | undefined },
  ) => AsyncIterable<RunEvent>
  readonly approvals: {
    readonly list: (
      context: RunContext,
      query?: { readonly state?: Approval['state'] | undefined },
    ) => Promise<readonly Approval[]>
    /** The question with the operation that it is about. Unknown is `approval-not-found`. */
    readonly show: (approvalId: string, context: RunContext) => Promise<ApprovalDetails>
    /**
     * Agrees for one person. Where two have to, the first leaves it pending; `forbidden` for the one who asked, `conflict` for the same one twice.
     * Unknown is `approval-not-found`, answered already is `conflict`, too late is `approval-expired`.
     */
    readonly grant: (approvalId: string, context: RunContext, verdict: Verdict) => Promise<Approval>
    /** One person is enough. Errors as for `grant`. */
    readonly deny: (approvalId: string, context: RunContext, verdict: Verdict) => Promise<Approval>
  }
  readonly artifacts: {
    /** Unknown is `artifact-not-found`. */
    readonly read: (artifactId: string, context: RunContext) => Promise<StoredArtifact>
    /** Stores bytes for later operations (`content: { artifact }`). They belong to no run: `run` is a fresh id. */
    readonly put: (
      file: { readonly path: string; readonly data: Uint8Array | ReadableStream<Uint8Array> },
      context: RunContext,
    ) => Promise<Artifact>
  }
  readonly batches: EngineBatches
  readonly sandboxes: EngineSandboxes
  /** The leases that last, oldest first. */
  readonly leases: (context: RunContext) => Promise<readonly Lease[]>
  /** Newest first. */
  readonly audit: (
    context: RunContext,
    query?: { readonly limit?: number | undefined },
  ) => Promise<readonly AuditEvent[]>
  /**
   * Takes over the runs of dead owners, across all organizations: re-attaches to processes that still run, starts those again that had
   * not begun, fails the rest with `interrupted`, and destroys sandboxes that nobody owns. Call it at start and now and then; several
   * engines may do so at the same time.
   */
  readonly recover: () => Promise<RecoveryReport>
  /**
   * Stops taking work, leaves running processes to be taken over by `recover` of the next engine on the same stores, and drains the warm
   * pool. With in-memory stores nobody could take over, so runs are cancelled.
   */
  readonly close: () => Promise<void>
}
