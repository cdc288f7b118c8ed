import { sandboxIdSchema } from '@caisson/core'
import { z } from 'zod'
import { destroyedSchema, sandboxInfoSchema } from '../schemas/sandbox.ts'
import { agentProcedure, operatorProcedure, router } from '../trpc.ts'

/** More than this many living sandboxes of one organization are not listed. */
const maxListed = 1000

export const sandboxesRouter = router({
  list: agentProcedure
    .input(z.void())
    .output(z.array(sandboxInfoSchema))
    .query(async ({ ctx }) => {
      const listed = []
      for await (const sandbox of ctx.sandboxes.list(ctx.scope)) {
        listed.push({ ...sandbox, labels: { ...sandbox.labels } })
        if (listed.length === maxListed) break
      }
      return listed
    }),

  destroy: operatorProcedure
    .input(z.strictObject({ adapter: z.string().max(64), id: sandboxIdSchema }))
    .output(destroyedSchema)
    .mutation(async ({ ctx, input }) => await ctx.sandboxes.destroy(input, ctx.scope)),
})
