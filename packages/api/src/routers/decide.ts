import { operationSchema } from '@caisson/core'
import { z } from 'zod'
import { decidedSchema } from '../schemas/run.ts'
import { agentProcedure } from '../trpc.ts'

/** Where an operation would run and why, without running it. */
export const decide = agentProcedure
  .input(z.strictObject({ operation: operationSchema }))
  .output(decidedSchema)
  .query(async ({ ctx, input }) => await ctx.decide(input.operation, ctx.scope))
