import type {
  Approval,
  Artifact,
  Decision,
  Operation,
  OrganizationId,
  Run,
  RunEvent,
  RunStatus,
  SandboxInfo,
} from '@caisson/core'
import type { AuditEntry, AuditHead } from './schemas/audit.ts'
import type { BatchItem, BatchItemState, BatchProgress } from './schemas/batch.ts'
import type { Caller } from './schemas/caller.ts'
import type { CostQuery, CostRow } from './schemas/cost.ts'
import type { Callback } from './schemas/run.ts'
import type { CreatedKey, KeyInfo, NewKey } from './schemas/key.ts'
import type { Budget, BudgetState, Quota } from './schemas/limits.ts'
import type { ApprovalDetails } from './schemas/approval.ts'
import type { CreatedHook, Hook, HookEventType } from './schemas/hook.ts'
import type { PolicyVersion, ReplayReport } from './schemas/policy.ts'
import type { AdapterState, PolicyInForce, ServiceStatus } from './schemas/service.ts'

/** On whose behalf a port acts. What belongs to another organization does not exist for it. */
export interface Scope {
  readonly organization: OrganizationId
  /** Who acts within it, for the audit log. */
  readonly agent: string
  /** The name of their key, which stays when the key is rotated: quotas and costs are kept by it. */
  readonly agentName: string
  /** W3C trace context of the caller. */
  readonly traceparent?: string | undefined
}

export interface RunListQuery {
  readonly statuses?: readonly RunStatus[] | undefined
  readonly limit: number
  readonly cursor?: string | undefined
}

export interface BatchItemQuery {
  readonly states?: readonly BatchItemState[] | undefined
  /** Index of the last one seen; -1: from the beginning. */
  readonly after: number
  readonly limit: number
}

export interface SubmitOptions {
  readonly id?: string | undefined
  readonly callback?: Callback | undefined
}

export interface Verdict {
  readonly by: string
  /** By what name people are told apart, with whatever key they come. */
  readonly name: string
  readonly reason?: string | undefined
}

/** Which policy, over what time. Without either it is the one in force. */
export interface ReplayQuery {
  readonly text?: string | undefined
  readonly hash?: string | undefined
  readonly sinceMs: number
}

/** What the router needs done. Failures are thrown as `OperationError` or `SandboxError`; anything else is told to callers as `internal` only. */
export interface ApiServices {
  readonly decide: (
    operation: Operation,
    scope: Scope,
  ) => Promise<{ readonly decision: Decision; readonly explanation: string }>
  readonly runs: {
    readonly submit: (operation: Operation, scope: Scope, options: SubmitOptions) => Promise<Run>
    /** What the calls back for submissions in this scope are signed with. */
    readonly callbackSecret: (scope: Scope) => Promise<string>
    readonly get: (id: string, scope: Scope) => Promise<Run>
    readonly list: (
      query: RunListQuery,
      scope: Scope,
    ) => Promise<{ readonly runs: readonly Run[]; readonly next?: string | undefined }>
    readonly cancel: (id: string, scope: Scope) => Promise<Run>
    /** Resolves with the final run, or rejects when `signal` aborts. */
    readonly wait: (id: string, scope: Scope, signal: AbortSignal) => Promise<Run>
    /** At most `limit` events of the past with a sequence above `after`, in order. */
    readonly log: (
      id: string,
      scope: Scope,
      range: { readonly after: number; readonly limit: number },
    ) => Promise<readonly RunEvent[]>
    /** Events with a sequence above `after`, from the past and as they come; ends after the final status. */
    readonly events: (
      id: string,
      scope: Scope,
      options: { readonly after: number; readonly signal: AbortSignal | undefined },
    ) => AsyncIterable<RunEvent>
  }
  readonly batches: {
    readonly list: (scope: Scope, limit: number) => Promise<readonly BatchProgress[]>
    readonly get: (id: string, scope: Scope) => Promise<BatchProgress>
    readonly items: (id: string, scope: Scope, query: BatchItemQuery) => Promise<readonly BatchItem[]>
    readonly retry: (id: string, scope: Scope) => Promise<Run>
  }
  readonly approvals: {
    readonly list: (scope: Scope, state: Approval['state'] | undefined) => Promise<readonly Approval[]>
    readonly show: (id: string, scope: Scope) => Promise<ApprovalDetails>
    readonly grant: (id: string, scope: Scope, verdict: Verdict) => Promise<Approval>
    readonly deny: (id: string, scope: Scope, verdict: Verdict) => Promise<Approval>
  }
  readonly artifacts: {
    readonly read: (
      id: string,
      scope: Scope,
      range: { readonly offset: number; readonly limitBytes: number },
    ) => Promise<{ readonly artifact: Artifact; readonly bytes: Uint8Array }>
    readonly put: (file: { readonly path: string; readonly data: Uint8Array }, scope: Scope) => Promise<Artifact>
  }
  readonly sandboxes: {
    readonly list: (scope: Scope) => AsyncIterable<SandboxInfo>
    readonly destroy: (
      sandbox: { readonly adapter: string; readonly id: string },
      scope: Scope,
    ) => Promise<'destroyed' | 'absent'>
  }
  readonly adapters: () => Promise<readonly AdapterState[]>
  readonly policy: (scope: Scope) => Promise<PolicyInForce>
  readonly policies: {
    readonly list: (scope: Scope) => Promise<readonly PolicyVersion[]>
    readonly get: (hash: string, scope: Scope) => Promise<PolicyInForce>
    readonly put: (policy: { readonly text: string; readonly choose: boolean }, scope: Scope) => Promise<PolicyVersion>
    readonly choose: (hash: string | null, scope: Scope) => Promise<PolicyInForce>
    readonly replay: (query: ReplayQuery, scope: Scope) => Promise<ReplayReport>
  }
  readonly hooks: {
    readonly create: (
      hook: { readonly url: string; readonly events: readonly HookEventType[] },
      scope: Scope,
    ) => Promise<CreatedHook>
    readonly list: (scope: Scope) => Promise<readonly Hook[]>
    readonly remove: (id: string, scope: Scope) => Promise<'removed' | 'absent'>
  }
  readonly keys: {
    readonly create: (key: NewKey, scope: Scope) => Promise<CreatedKey>
    /** A fresh key for an old one, which goes on to work for `overlapMs`. `undefined`: there is no such key that works. */
    readonly rotate: (id: string, overlapMs: number, scope: Scope) => Promise<CreatedKey | undefined>
    readonly list: (scope: Scope) => Promise<readonly KeyInfo[]>
    readonly revoke: (id: string, scope: Scope) => Promise<'revoked' | 'absent'>
  }
  readonly limits: {
    readonly quotas: (scope: Scope) => Promise<readonly Quota[]>
    readonly setQuota: (quota: Quota, scope: Scope) => Promise<void>
    readonly budgets: (scope: Scope) => Promise<readonly BudgetState[]>
    readonly setBudget: (budget: Budget, scope: Scope) => Promise<void>
  }
  readonly cost: (query: CostQuery, scope: Scope) => Promise<readonly CostRow[]>
  readonly audit: {
    readonly list: (
      scope: Scope,
      range: { readonly after: number; readonly limit: number },
    ) => Promise<readonly AuditEntry[]>
    readonly head: (scope: Scope) => Promise<AuditHead>
  }
  readonly status: () => Promise<ServiceStatus>
}

/** One request. */
export interface ApiContext extends ApiServices {
  /** Absent when no valid key came with the request. */
  readonly caller: Caller | undefined
  /** Under which the service's log knows the request. */
  readonly requestId: string
  readonly traceparent?: string | undefined
}
