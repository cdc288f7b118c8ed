import {
  type AuditEntry,
  type AuditHead,
  auditHeadSchema,
  type Budget,
  budgetSchema,
  type BudgetState,
  budgetStateSchema,
  type CostQuery,
  type CostRow,
  costRowSchema,
  type NewKey,
  type Quota,
  quotaSchema,
  type AdapterState,
  adapterStateSchema,
  type BatchItem,
  batchItemSchema,
  type BatchItemState,
  type BatchProgress,
  batchProgressSchema,
  maxBatchItems,
  type Callback,
  callbackSecretSchema,
  type Caller,
  callerSchema,
  type ApprovalDetails,
  approvalDetailsSchema,
  type CreatedHook,
  createdHookSchema,
  type CreatedKey,
  createdKeySchema,
  type Decided,
  decidedSchema,
  destroyedSchema,
  type Hook,
  type HookEventType,
  hookSchema,
  type KeyInfo,
  keyInfoSchema,
  type PolicyInForce,
  policyInForceSchema,
  type PolicyVersion,
  policyVersionSchema,
  type ReplayReport,
  replayReportSchema,
  removedSchema,
  revokedSchema,
  runPageSchema,
  type RunSummaryPage,
  sandboxInfoSchema,
  type ServiceStatus,
  serviceStatusSchema,
} from '@caisson/api/schemas'
import {
  type Approval,
  approvalSchema,
  type Artifact,
  artifactSchema,
  isFinal,
  type OperationInput,
  type Run,
  type RunEvent,
  runSchema,
  type RunStatus,
  type SandboxInfo,
} from '@caisson/core'
import { encodeBase64 } from './base64.ts'
import { type ClientOptions, connect } from './connection.ts'
import { readAudit } from './read-audit.ts'
import { followRun, type FollowOptions } from './follow-run.ts'
import { readArtifact } from './read-artifact.ts'
import { readLog } from './read-log.ts'
import { runOperation, type RunOptions } from './run-operation.ts'

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

/** Connects when first used; there is nothing to close. */
export function createClient(options: ClientOptions): CaissonClient {
  const connection = connect(options)
  const { ask } = connection
  const wait = async (id: string): Promise<Run> => {
    for (;;) {
      const run = await ask(runSchema, async (trpc) => await trpc.runs.wait.query({ id }))
      if (isFinal(run.status)) return run
    }
  }
  return {
    decide: async (operation) => await ask(decidedSchema, async (trpc) => await trpc.decide.query({ operation })),
    runs: {
      run: async (operation, options) => await runOperation(connection, operation, options),
      submit: async (operation, { id, callback } = {}) =>
        await ask(runSchema, async (trpc) => await trpc.runs.submit.mutate({ operation, id, callback })),
      callbackSecret: async () =>
        (await ask(callbackSecretSchema, async (trpc) => await trpc.runs.callbackSecret.query())).secret,
      get: async (id) => await ask(runSchema, async (trpc) => await trpc.runs.get.query({ id })),
      list: async ({ statuses, ...page } = {}) =>
        await ask(
          runPageSchema,
          async (trpc) =>
            await trpc.runs.list.query({ ...page, statuses: statuses === undefined ? undefined : [...statuses] }),
        ),
      cancel: async (id) => await ask(runSchema, async (trpc) => await trpc.runs.cancel.mutate({ id })),
      wait,
      log: (id) => readLog(connection, id),
      events: (id, options) => followRun(connection, id, options),
    },
    batches: {
      list: async (options = {}) =>
        await ask(batchProgressSchema.array(), async (trpc) => await trpc.batches.list.query(options)),
      get: async (id) => await ask(batchProgressSchema, async (trpc) => await trpc.batches.get.query({ id })),
      items: async function* items(id, { states } = {}) {
        const query = { id, states: states === undefined ? undefined : [...states] }
        for (let after = -1; ;) {
          const page = await ask(
            batchItemSchema.array(),
            async (trpc) => await trpc.batches.items.query({ ...query, after }),
          )
          yield* page
          if (page.length < maxBatchItems) return
          after = page.at(-1)?.index ?? after
        }
      },
      retry: async (id) => await ask(runSchema, async (trpc) => await trpc.batches.retry.mutate({ id })),
    },
    approvals: {
      list: async ({ state } = {}) =>
        await ask(approvalSchema.array(), async (trpc) => await trpc.approvals.list.query({ state })),
      show: async (id) => await ask(approvalDetailsSchema, async (trpc) => await trpc.approvals.show.query({ id })),
      grant: async (id, reason) =>
        await ask(approvalSchema, async (trpc) => await trpc.approvals.grant.mutate({ id, reason })),
      deny: async (id, reason) =>
        await ask(approvalSchema, async (trpc) => await trpc.approvals.deny.mutate({ id, reason })),
    },
    artifacts: {
      list: async (run) => await ask(artifactSchema.array(), async (trpc) => await trpc.artifacts.list.query({ run })),
      read: (id) => readArtifact(connection, id),
      put: async (path, data) =>
        await ask(
          artifactSchema,
          async (trpc) => await trpc.artifacts.put.mutate({ path, base64: encodeBase64(data) }),
        ),
    },
    sandboxes: {
      list: async () => await ask(sandboxInfoSchema.array(), async (trpc) => await trpc.sandboxes.list.query()),
      destroy: async ({ adapter, id }) =>
        await ask(destroyedSchema, async (trpc) => await trpc.sandboxes.destroy.mutate({ adapter, id })),
    },
    policies: {
      list: async () => await ask(policyVersionSchema.array(), async (trpc) => await trpc.policies.list.query()),
      get: async (hash) => await ask(policyInForceSchema, async (trpc) => await trpc.policies.get.query({ hash })),
      put: async (text, { choose } = {}) =>
        await ask(policyVersionSchema, async (trpc) => await trpc.policies.put.mutate({ text, choose })),
      choose: async (hash) =>
        await ask(policyInForceSchema, async (trpc) => await trpc.policies.choose.mutate({ hash })),
      replay: async (query) => await ask(replayReportSchema, async (trpc) => await trpc.policies.replay.query(query)),
    },
    hooks: {
      create: async ({ url, events }) =>
        await ask(
          createdHookSchema,
          async (trpc) =>
            await trpc.hooks.create.mutate({ url, events: events === undefined ? undefined : [...events] }),
        ),
      list: async () => await ask(hookSchema.array(), async (trpc) => await trpc.hooks.list.query()),
      remove: async (id) => await ask(removedSchema, async (trpc) => await trpc.hooks.remove.mutate({ id })),
    },
    keys: {
      create: async (key) => await ask(createdKeySchema, async (trpc) => await trpc.keys.create.mutate(key)),
      rotate: async (id, overlapMs) =>
        await ask(createdKeySchema, async (trpc) => await trpc.keys.rotate.mutate({ id, overlapMs })),
      list: async () => await ask(keyInfoSchema.array(), async (trpc) => await trpc.keys.list.query()),
      revoke: async (id) => await ask(revokedSchema, async (trpc) => await trpc.keys.revoke.mutate({ id })),
    },
    quotas: {
      list: async () => await ask(quotaSchema.array(), async (trpc) => await trpc.quotas.list.query()),
      set: async (quota) => void (await ask(quotaSchema, async (trpc) => await trpc.quotas.set.mutate(quota))),
    },
    budgets: {
      list: async () => await ask(budgetStateSchema.array(), async (trpc) => await trpc.budgets.list.query()),
      set: async (budget) => void (await ask(budgetSchema, async (trpc) => await trpc.budgets.set.mutate(budget))),
    },
    cost: async (query) => await ask(costRowSchema.array(), async (trpc) => await trpc.cost.query(query)),
    audit: {
      list: () => readAudit(connection),
      head: async () => await ask(auditHeadSchema, async (trpc) => await trpc.audit.head.query()),
    },
    adapters: async () => await ask(adapterStateSchema.array(), async (trpc) => await trpc.adapters.query()),
    policy: async () => await ask(policyInForceSchema, async (trpc) => await trpc.policy.query()),
    status: async () => await ask(serviceStatusSchema, async (trpc) => await trpc.status.query()),
    whoami: async () => await ask(callerSchema, async (trpc) => await trpc.whoami.query()),
  }
}
