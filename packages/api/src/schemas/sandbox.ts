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
})

export const destroyedSchema = z.enum(['destroyed', 'absent'])
