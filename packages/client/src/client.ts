import type {
  AdapterState,
  ApprovalDetails,
  AuditEntry,
  AuditHead,
  BatchItem,
  BatchItemState,
  BatchProgress,
  Budget,
  BudgetState,
  Callback,
  Caller,
  CostQuery,
  CostRow,
  CreatedHook,
  CreatedKey,
  Decided,
  Hook,
  HookEventType,
  KeyInfo,
  NewKey,
  PolicyInForce,
  PolicyVersion,
  Quota,
  ReplayReport,
  RunSummaryPage,
  ServiceStatus,
} from '@caisson/api/schemas'
import type { Approval, Artifact, OperationInput, Run, RunEvent, RunStatus, SandboxInfo } from '@caisson/core'
import type { FollowOptions } from './follow-run.ts'
import type { RunOptions } from './run-operation.ts'

export interface RunListOptions {
  readonly statuses?: readonly RunStatus[] | undefined
  /** 1 to 200. Default 50. */
  readonly limit?: number | undefined
  /** `next` of the page before. */
  readonly cursor?: string | undefined
}

/**
 * The service, for one API key. Failures are the `OperationError` and `SandboxError` that were thrown there; when the service itself
 * cannot be reached, a retryable `SandboxError` of the adapter "caisson".
 */
export interface CaissonClient {
  /** Where the operation would run and why, without running it. */
  readonly decide: (operation: OperationInput) => Promise<Decided>
  readonly runs: {
    /** Submits, follows and resolves with the final run. */
    readonly run: (operation: OperationInput, options?: RunOptions) => Promise<Run>
    /** Submits and resolves at once. The same operation under the same id is the same run; another one is `conflict`. */
    readonly submit: (
      operation: OperationInput,
      options?: {
        readonly id?: string | undefined
        /** Told of the run's approvals and of its end, signed with `callbackSecret`. */
        readonly callback?: Callback | undefined
      },
    ) => Promise<Run>
    /** What calls back for submissions of this key are signed with; the same each time. */
    readonly callbackSecret: () => Promise<string>
    readonly get: (id: string) => Promise<Run>
    readonly list: (options?: RunListOptions) => Promise<RunSummaryPage>
    /** Idempotent. Resolves with the final run. */
    readonly cancel: (id: string) => Promise<Run>
    /** Resolves when the run is final. */
    readonly wait: (id: string) => Promise<Run>
    /** What happened so far, each event once and in order. */
    readonly log: (id: string) => AsyncIterable<RunEvent>
    /** What happened and what happens, each event once and in order, also over lost connections; ends after the final status. */
    readonly events: (id: string, options?: FollowOptions) => AsyncIterable<RunEvent>
  }
  readonly batches: {
    /** Newest first, at most `limit` (1 to 200, default 50). */
    readonly list: (options?: { readonly limit?: number | undefined }) => Promise<readonly BatchProgress[]>
    /** How far the batch of a run is. */
    readonly get: (id: string) => Promise<BatchProgress>
    /** Items with what became of them, in order. */
    readonly items: (
      id: string,
      query?: { readonly states?: readonly BatchItemState[] | undefined },
    ) => AsyncIterable<BatchItem>
    /** Submits the items that failed, of a batch that is over, as a new run. */
    readonly retry: (id: string) => Promise<Run>
  }
  readonly approvals: {
    /** Newest first. */
    readonly list: (options?: { readonly state?: Approval['state'] | undefined }) => Promise<readonly Approval[]>
    /** The question with the operation that it is about. */
    readonly show: (id: string) => Promise<ApprovalDetails>
    readonly grant: (id: string, reason?: string) => Promise<Approval>
    readonly deny: (id: string, reason?: string) => Promise<Approval>
  }
  readonly artifacts: {
    readonly list: (run: string) => Promise<readonly Artifact[]>
    readonly read: (id: string) => ReadableStream<Uint8Array>
    /** Stores at most 16 MiB for later operations, which name it as `content: { artifact }`. */
    readonly put: (path: string, data: Uint8Array) => Promise<Artifact>
  }
  readonly sandboxes: {
    readonly list: () => Promise<readonly SandboxInfo[]>
    readonly destroy: (sandbox: Pick<SandboxInfo, 'adapter' | 'id'>) => Promise<'destroyed' | 'absent'>
  }
  readonly policies: {
    /** Newest first. */
    readonly list: () => Promise<readonly PolicyVersion[]>
    /** The policy behind the hash of a decision. */
    readonly get: (hash: string) => Promise<PolicyInForce>
    /** Stores YAML or JSON as a version, and chooses it if asked to. */
    readonly put: (text: string, options?: { readonly choose?: boolean | undefined }) => Promise<PolicyVersion>
    /** From the next decision on. `null`: the policy of the service alone. */
    readonly choose: (hash: string | null) => Promise<PolicyInForce>
    /** What a text, a version or else the policy in force would say today of past operations. Changes nothing. */
    readonly replay: (query: {
      readonly text?: string | undefined
      readonly hash?: string | undefined
      readonly sinceMs: number
    }) => Promise<ReplayReport>
  }
  readonly hooks: {
    /** The only time that the secret is told. */
    readonly create: (hook: {
      readonly url: string
      readonly events?: readonly HookEventType[] | undefined
    }) => Promise<CreatedHook>
    readonly list: () => Promise<readonly Hook[]>
    readonly remove: (id: string) => Promise<'removed' | 'absent'>
  }
  readonly keys: {
    readonly create: (key: NewKey) => Promise<CreatedKey>
    /** A fresh key for an old one, which goes on to work for `overlapMs` (default: not at all). */
    readonly rotate: (id: string, overlapMs?: number) => Promise<CreatedKey>
    readonly list: () => Promise<readonly KeyInfo[]>
    readonly revoke: (id: string) => Promise<'revoked' | 'absent'>
  }
  readonly quotas: {
    readonly list: () => Promise<readonly Quota[]>
    /** Of one agent. */
    readonly set: (quota: Quota) => Promise<void>
  }
  readonly budgets: {
    readonly list: () => Promise<readonly BudgetState[]>
    readonly set: (budget: Budget) => Promise<void>
  }
  /** What was spent from one day to another (UTC), both included. */
  readonly cost: (query: CostQuery) => Promise<readonly CostRow[]>
  readonly audit: {
    /** All events in order. */
    readonly list: () => AsyncIterable<AuditEntry>
    readonly head: () => Promise<AuditHead>
  }
  readonly adapters: () => Promise<readonly AdapterState[]>
  readonly policy: () => Promise<PolicyInForce>
  readonly status: () => Promise<ServiceStatus>
  /** Whose key this is. */
  readonly whoami: () => Promise<Caller>
}
