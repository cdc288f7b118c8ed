import { runIdSchema, runSchema } from '@caisson/core'
import { z } from 'zod'
import { batchItemSchema, batchItemStates, batchProgressSchema, maxBatchItems } from '../schemas/batch.ts'
import { agentProcedure, router } from '../trpc.ts'

const byId = z.strictObject({ id: runIdSchema })

/** What is asked of batches beside their runs. */
export const batchesRouter = router({
  /** Newest first. */
  list: agentProcedure
    .input(z.strictObject({ limit: z.int().min(1).max(200).default(50) }))
    .output(z.array(batchProgressSchema))
    .query(async ({ ctx, input }) => [...(await ctx.batches.list(ctx.scope, input.limit))]),

  get: agentProcedure
    .input(byId)
    .output(batchProgressSchema)
    .query(async ({ ctx, input }) => await ctx.batches.get(input.id, ctx.scope)),

  /** In order, page by page: fewer than `limit` are the last ones. */
  items: agentProcedure
    .input(
      byId.extend({
        states: z.array(z.enum(batchItemStates)).max(batchItemStates.length).optional(),
        after: z.int().min(-1).default(-1),
        limit: z.int().min(1).max(maxBatchItems).default(maxBatchItems),
      }),
    )
    .output(z.array(batchItemSchema))
    .query(async ({ ctx, input: { id, ...query } }) => [...(await ctx.batches.items(id, ctx.scope, query))]),

  /** Submits the items that failed as a new run. */
  retry: agentProcedure
    .input(byId)
    .output(runSchema)
    .mutation(async ({ ctx, input }) => await ctx.batches.retry(input.id, ctx.scope)),
})
