import { artifactIdSchema, artifactSchema, maxInlineBytes, runIdSchema } from '@caisson/core'
import { z } from 'zod'
import { artifactPieceSchema, maxReadBytes } from '../schemas/artifact.ts'
import { agentProcedure, router } from '../trpc.ts'

export const artifactsRouter = router({
  list: agentProcedure
    .input(z.strictObject({ run: runIdSchema }))
    .output(z.array(artifactSchema))
    .query(async ({ ctx, input }) => (await ctx.runs.get(input.run, ctx.scope)).artifacts),

  /** A piece of an artifact. Fewer bytes than asked for, or none, mean that it ends there. */
  read: agentProcedure
    .input(
      z.strictObject({
        id: artifactIdSchema,
        offset: z.int().min(0).default(0),
        limitBytes: z.int().min(1).max(maxReadBytes).default(maxReadBytes),
      }),
    )
    .output(artifactPieceSchema)
    .query(async ({ ctx, input }) => {
      const { artifact, bytes } = await ctx.artifacts.read(input.id, ctx.scope, input)
      return { artifact, offset: input.offset, base64: Buffer.from(bytes).toString('base64') }
    }),

  /** Stores bytes for later operations, which name them as `content: { artifact }`. */
  put: agentProcedure
    .input(
      z.strictObject({
        path: z
          .string()
          .min(1)
          .max(1024)
          .refine((path) => !path.includes('\0'), 'a path must not contain NUL'),
        base64: z.base64().max(Math.ceil((maxInlineBytes * 4) / 3) + 4),
      }),
    )
    .output(artifactSchema)
    .mutation(
      async ({ ctx, input }) =>
        await ctx.artifacts.put({ path: input.path, data: Buffer.from(input.base64, 'base64') }, ctx.scope),
    ),
})
