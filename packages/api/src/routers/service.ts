import { z } from 'zod'
import { callerSchema } from '../schemas/caller.ts'
import { adapterStateSchema, policyInForceSchema, serviceStatusSchema } from '../schemas/service.ts'
import { agentProcedure } from '../trpc.ts'

/** What this service is and how it is. */
export const serviceProcedures = {
  adapters: agentProcedure
    .input(z.void())
    .output(z.array(adapterStateSchema))
    .query(async ({ ctx }) => [...(await ctx.adapters())]),

  policy: agentProcedure
    .input(z.void())
    .output(policyInForceSchema)
    .query(async ({ ctx }) => await ctx.policy(ctx.scope)),

  status: agentProcedure
    .input(z.void())
    .output(serviceStatusSchema)
    .query(async ({ ctx }) => await ctx.status()),

  whoami: agentProcedure
    .input(z.void())
    .output(callerSchema)
    .query(({ ctx }) => ctx.caller),
}
