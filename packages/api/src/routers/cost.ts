import { z } from 'zod'
import { costQuerySchema, costRowSchema } from '../schemas/cost.ts'
import { operatorProcedure } from '../trpc.ts'

/** What was spent, added up by what is asked for. */
export const cost = operatorProcedure
  .input(costQuerySchema)
  .output(z.array(costRowSchema))
  .query(async ({ ctx, input }) => [...(await ctx.cost(input, ctx.scope))])
