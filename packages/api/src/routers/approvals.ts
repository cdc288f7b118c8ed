import { approvalIdSchema, approvalSchema } from '@caisson/core'
import { z } from 'zod'
import type { Scope, Verdict } from '../context.ts'
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

function answerOf({ agent, agentName }: Scope, { reason }: z.infer<typeof verdictInput>): Verdict {
  return { by: agent, name: agentName, reason }
}

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
    .mutation(async ({ ctx, input }) => await ctx.approvals.grant(input.id, ctx.scope, answerOf(ctx.scope, input))),

  deny: operatorProcedure
    .input(verdictInput)
    .output(approvalSchema)
    .mutation(async ({ ctx, input }) => await ctx.approvals.deny(input.id, ctx.scope, answerOf(ctx.scope, input))),
})
