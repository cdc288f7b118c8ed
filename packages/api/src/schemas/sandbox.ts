import { labelsSchema, sandboxIdSchema } from '@caisson/core'
import { z } from 'zod'

export const sandboxInfoSchema = z.strictObject({
  id: sandboxIdSchema,
  adapter: z.string(),
  template: z.string(),
  state: z.enum(['running', 'paused']),
  createdAtMs: z.number(),
  expiresAtMs: z.number(),
  labels: labelsSchema,
  command: z.tuple([z.string()], z.string()).readonly().optional(),
})

export const destroyedSchema = z.enum(['destroyed', 'absent'])
