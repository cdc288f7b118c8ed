import { z } from 'zod'
import { auditEntrySchema, auditHeadSchema, maxAuditEntries } from '../schemas/audit.ts'
import { operatorProcedure, router } from '../trpc.ts'

export const auditRouter = router({
  /** In order, page by page: fewer than `maxAuditEntries` are the last ones. */
  list: operatorProcedure
    .input(z.strictObject({ after: z.int().min(0).default(0) }))
    .output(z.array(auditEntrySchema))
    .query(async ({ ctx, input }) => [
      ...(await ctx.audit.list(ctx.scope, { after: input.after, limit: maxAuditEntries })),
    ]),

  /** Where the chain ends. Whoever keeps it elsewhere notices when the log is cut off or written anew. */
  head: operatorProcedure
    .input(z.void())
    .output(auditHeadSchema)
    .query(async ({ ctx }) => await ctx.audit.head(ctx.scope)),
})
