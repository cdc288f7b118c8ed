import { z } from 'zod'
import {
  createdHookSchema,
  hookEventTypes,
  hookEventTypeSchema,
  hookIdSchema,
  hookSchema,
  removedSchema,
} from '../schemas/hook.ts'
import { adminProcedure, router } from '../trpc.ts'

/** Whom the caller's organization wants told. */
export const hooksRouter = router({
  create: adminProcedure
    .input(
      z.strictObject({
        url: z.url({ protocol: /^https?$/ }).max(2000),
        events: z
          .array(hookEventTypeSchema)
          .min(1)
          .max(hookEventTypes.length)
          .default([...hookEventTypes]),
      }),
    )
    .output(createdHookSchema)
    .mutation(async ({ ctx, input }) => await ctx.hooks.create(input, ctx.scope)),

  list: adminProcedure
    .input(z.void())
    .output(z.array(hookSchema))
    .query(async ({ ctx }) => [...(await ctx.hooks.list(ctx.scope))]),

  /** What was still to be told is dropped. Idempotent. */
  remove: adminProcedure
    .input(z.strictObject({ id: hookIdSchema }))
    .output(removedSchema)
    .mutation(async ({ ctx, input }) => await ctx.hooks.remove(input.id, ctx.scope)),
})
