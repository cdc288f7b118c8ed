import { z } from 'zod'
import { roleSchema } from './caller.ts'

export const keyIdSchema = z.string().regex(/^[a-z0-9]{1,40}$/)

export const keyInfoSchema = z.strictObject({
  id: keyIdSchema,
  name: z.string(),
  role: roleSchema,
  /** How the key begins. */
  prefix: z.string(),
  createdAtMs: z.number(),
  revokedAtMs: z.number().optional(),
})
export type KeyInfo = z.infer<typeof keyInfoSchema>

/** The only time that the key itself is told: the service keeps a hash. */
export const createdKeySchema = keyInfoSchema.extend({ key: z.string() })
export type CreatedKey = z.infer<typeof createdKeySchema>

export const revokedSchema = z.enum(['revoked', 'absent'])
