import { OperationError } from '@caisson/core'
import { z } from 'zod'
import {
  createdKeySchema,
  keyIdSchema,
  keyInfoSchema,
  maxOverlapMs,
  newKeySchema,
  revokedSchema,
} from '../schemas/key.ts'
import { adminProcedure, router } from '../trpc.ts'

/** Keys of the caller's own organization. */
export const keysRouter = router({
  create: adminProcedure
    .input(newKeySchema)
    .output(createdKeySchema)
    .mutation(async ({ ctx, input }) => await ctx.keys.create(input, ctx.scope)),

  /** Newest first, revoked ones included. */
  list: adminProcedure
    .input(z.void())
    .output(z.array(keyInfoSchema))
    .query(async ({ ctx }) => [...(await ctx.keys.list(ctx.scope))]),

  /** A fresh key with the name and the role of an old one, which goes on to work for a while, so that nothing has to stop. */
  rotate: adminProcedure
    .input(z.strictObject({ id: keyIdSchema, overlapMs: z.int().min(0).max(maxOverlapMs).default(0) }))
    .output(createdKeySchema)
    .mutation(async ({ ctx, input }) => {
      const created = await ctx.keys.rotate(input.id, input.overlapMs, ctx.scope)
      if (created !== undefined) return created
      throw new OperationError('invalid-operation', `there is no key ${input.id} that works`, { field: 'id' })
    }),

  /** Takes effect at once on every replica. Idempotent. */
  revoke: adminProcedure
    .input(z.strictObject({ id: keyIdSchema }))
    .output(revokedSchema)
    .mutation(async ({ ctx, input }) => await ctx.keys.revoke(input.id, ctx.scope)),
})
