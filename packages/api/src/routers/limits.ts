import { z } from 'zod'
import { agentNameSchema, budgetSchema, budgetStateSchema, quotaSchema } from '../schemas/limits.ts'
import { adminProcedure, agentProcedure, router } from '../trpc.ts'

export const quotasRouter = router({
  list: agentProcedure
    .input(z.void())
    .output(z.array(quotaSchema))
    .query(async ({ ctx }) => [...(await ctx.limits.quotas(ctx.scope))]),

  /** For one agent. What the organization as a whole may have, those decide who run the service. */
  set: adminProcedure
    .input(quotaSchema.extend({ agent: agentNameSchema }))
    .output(quotaSchema)
    .mutation(async ({ ctx, input }) => {
      await ctx.limits.setQuota(input, ctx.scope)
      return input
    }),
})

export const budgetsRouter = router({
  list: agentProcedure
    .input(z.void())
    .output(z.array(budgetStateSchema))
    .query(async ({ ctx }) => [...(await ctx.limits.budgets(ctx.scope))]),

  /** For the organization as a whole, or for one agent. */
  set: adminProcedure
    .input(budgetSchema.extend({ agent: agentNameSchema.or(z.literal('')) }))
    .output(budgetSchema)
    .mutation(async ({ ctx, input }) => {
      await ctx.limits.setBudget(input, ctx.scope)
      return input
    }),
})
