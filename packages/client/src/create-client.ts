import {
  adapterStateSchema,
  approvalDetailsSchema,
  auditHeadSchema,
  batchItemSchema,
  batchProgressSchema,
  budgetSchema,
  budgetStateSchema,
  callbackSecretSchema,
  callerSchema,
  costRowSchema,
  createdHookSchema,
  createdKeySchema,
  decidedSchema,
  destroyedSchema,
  hookSchema,
  keyInfoSchema,
  maxBatchItems,
  policyInForceSchema,
  policyVersionSchema,
  quotaSchema,
  removedSchema,
  replayReportSchema,
  revokedSchema,
  runPageSchema,
  sandboxInfoSchema,
  serviceStatusSchema,
} from '@caisson/api/schemas'
import { approvalSchema, artifactSchema, isFinal, type Run, runSchema } from '@caisson/core'
import { encodeBase64 } from './base64.ts'
import type { CaissonClient } from './client.ts'
import { type ClientOptions, connect } from './connection.ts'
import { followRun } from './follow-run.ts'
import { readArtifact } from './read-artifact.ts'
import { readAudit } from './read-audit.ts'
import { readLog } from './read-log.ts'
import { runOperation } from './run-operation.ts'

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
