import { z } from 'zod'
import { roleSchema } from '../schemas/caller.ts'
import { createdKeySchema, keyIdSchema, keyInfoSchema, revokedSchema } from '../schemas/key.ts'
import { adminProcedure, router } from '../trpc.ts'

/** Keys of the caller's own organization. */
export const keysRouter = router({
  create: adminProcedure
    .input(
      z.strictObject({
        name: z
          .string()
          .regex(/^[A-Za-z0-9][A-Za-z0-9 _.@-]{0,63}$/, 'use 1 to 64 letters, digits, " ", "_", ".", "@" or "-"'),
        role: roleSchema,
      }),
    )
    .output(createdKeySchema)
    .mutation(async ({ ctx, input }) => await ctx.keys.create(input, ctx.scope)),

  /** Newest first, revoked ones included. */
  list: adminProcedure
    .input(z.void())
    .output(z.array(keyInfoSchema))
    .query(async ({ ctx }) => [...(await ctx.keys.list(ctx.scope))]),

  /** Takes effect at once on every replica. Idempotent. */
  revoke: adminProcedure
    .input(z.strictObject({ id: keyIdSchema }))
    .output(revokedSchema)
    .mutation(async ({ ctx, input }) => await ctx.keys.revoke(input.id, ctx.scope)),
})
