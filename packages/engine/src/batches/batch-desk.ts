import { isFinal, OperationError, type OperationInput, parseOrThrow, type Run, runIdSchema } from '@caisson/core'
import type { EngineBatches, RunContext, SubmitOptions } from '../engine.ts'
import type { BatchItem, BatchKey, ItemState } from '../ports/batch-store.ts'
import type { Services } from '../services.ts'
import { parseOrganization } from '../submit.ts'

const pageSize = 500
const failed: readonly ItemState[] = ['dead', 'cancelled']

type Submit = (operation: OperationInput, context: RunContext, options?: SubmitOptions) => Promise<Run>

/** What is asked about batches beside their runs. */
export function createBatchDesk({ stores }: Services, submit: Submit): EngineBatches {
  const keyOf = (runId: string, context: RunContext): BatchKey => ({
    organization: parseOrganization(context),
    run: parseOrThrow(runIdSchema, runId, 'run-not-found', 'run'),
  })
  const find = async (key: BatchKey) => {
    const batch = await stores.batches.get(key)
    if (batch === undefined) {
      throw new OperationError('run-not-found', `there is no batch of a run ${key.run}`, { field: 'runId' })
    }
    return batch
  }
  const allFailed = async (key: BatchKey): Promise<readonly BatchItem[]> => {
    const items: BatchItem[] = []
    for (;;) {
      const after = items.at(-1)?.index ?? -1
      const page = await stores.batches.items(key, { states: failed, after, limit: pageSize })
      items.push(...page)
      if (page.length < pageSize) return items
    }
  }

  return {
    list: async (context, { limit = 50 } = {}) => await stores.batches.list(parseOrganization(context), limit),
    get: async (runId, context) => await find(keyOf(runId, context)),
    items: async (runId, context, { states, after = -1, limit = 100 } = {}) => {
      const key = keyOf(runId, context)
      await find(key)
      return await stores.batches.items(key, { states, after, limit })
    },
    retry: async (runId, context, options) => {
      const key = keyOf(runId, context)
      await find(key)
      const record = await stores.runs.get(key.organization, key.run)
      if (record?.operation.kind !== 'batch.run') {
        throw new OperationError('run-not-found', `there is no batch of a run ${key.run}`, { field: 'runId' })
      }
      if (!isFinal(record.run.status)) {
        throw new OperationError('conflict', 'the batch is not over yet', {
          remedy: 'wait for its end, or cancel it',
        })
      }
      const indexes = (await allFailed(key)).map(({ index }) => index)
      if (indexes.length === 0) throw new OperationError('conflict', 'no item of the batch failed')
      const { operation } = record
      const { items, itemFiles } = operation.input
      const input = {
        ...operation.input,
        items: indexes.map((index) => items[index] ?? null),
        ...(itemFiles === undefined ? {} : { itemFiles: indexes.map((index) => itemFiles[index] ?? []) }),
      }
      return await submit({ ...operation, input }, context, options)
    },
  }
}
