import { z } from 'zod'
import { policyHashSchema, policyVersionSchema, replayReportSchema } from '../schemas/policy.ts'
import { policyInForceSchema } from '../schemas/service.ts'
import { adminProcedure, agentProcedure, operatorProcedure, router } from '../trpc.ts'

const policyText = z
  .string()
  .min(1)
  .max(1024 * 1024)

/** The versions of the caller's policy. That of the service holds as well, whatever an organization chooses. */
export const policiesRouter = router({
  /** Newest first. */
  list: agentProcedure
    .input(z.void())
    .output(z.array(policyVersionSchema))
    .query(async ({ ctx }) => [...(await ctx.policies.list(ctx.scope))]),

  /** The policy behind the hash of a decision. */
  get: agentProcedure
    .input(z.strictObject({ hash: policyHashSchema }))
    .output(policyInForceSchema)
    .query(async ({ ctx, input }) => await ctx.policies.get(input.hash, ctx.scope)),

  /** Stores a version, and chooses it if asked to. The same text is the same version. */
  put: adminProcedure
    .input(z.strictObject({ text: policyText, choose: z.boolean().default(false) }))
    .output(policyVersionSchema)
    .mutation(async ({ ctx, input }) => await ctx.policies.put(input, ctx.scope)),

  /** From the next decision on, on every replica. `null`: the policy of the service alone. */
  choose: adminProcedure
    .input(z.strictObject({ hash: policyHashSchema.nullable() }))
    .output(policyInForceSchema)
    .mutation(async ({ ctx, input }) => await ctx.policies.choose(input.hash, ctx.scope)),

  /** What `text`, or a stored version, or else the policy in force would say today of past operations. Stores and changes nothing. */
  replay: operatorProcedure
    .input(
      z.strictObject({
        text: policyText.optional(),
        hash: policyHashSchema.optional(),
        sinceMs: z.number().min(0),
      }),
    )
    .output(replayReportSchema)
    .query(async ({ ctx, input }) => await ctx.policies.replay(input, ctx.scope)),
})
