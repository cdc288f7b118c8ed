import { approvalIdSchema, approvalSchema } from '@caisson/core'
import { z } from 'zod'
import { approvalDetailsSchema } from '../schemas/approval.ts'
import { agentProcedure, operatorProcedure, router } from '../trpc.ts'

const verdictInput = z.strictObject({
  id: approvalIdSchema,
  reason: z
    .string()
    .max(2000)
    .refine((text) => !text.includes('\0'), 'a reason must not contain NUL')
    .optional(),
})

export const approvalsRouter = router({
  /** Newest first. */
  list: agentProcedure
    .input(z.strictObject({ state: approvalSchema.shape.state.optional() }))
    .output(z.array(approvalSchema))
    .query(async ({ ctx, input }) => [...(await ctx.approvals.list(ctx.scope, input.state))]),

  /** The question with the operation that it is about. */
  show: operatorProcedure
    .input(z.strictObject({ id: approvalIdSchema }))
    .output(approvalDetailsSchema)
    .query(async ({ ctx, input }) => await ctx.approvals.show(input.id, ctx.scope)),

  grant: operatorProcedure
    .input(verdictInput)
    .output(approvalSchema)
    .mutation(
      async ({ ctx, input }) =>
        await ctx.approvals.grant(input.id, ctx.scope, { by: ctx.scope.agent, reason: input.reason }),
    ),

  deny: operatorProcedure
    .input(verdictInput)
    .output(approvalSchema)
    .mutation(
      async ({ ctx, input }) =>
        await ctx.approvals.deny(input.id, ctx.scope, { by: ctx.scope.agent, reason: input.reason }),
    ),
})
