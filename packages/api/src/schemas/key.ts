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
  /** From then on it is worthless. */
  expiresAtMs: z.number().optional(),
  revokedAtMs: z.number().optional(),
})
export type KeyInfo = z.infer<typeof keyInfoSchema>

export const newKeySchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9 _.@-]{0,63}$/, 'use 1 to 64 letters, digits, " ", "_", ".", "@" or "-"'),
  role: roleSchema,
  expiresAtMs: z.int().positive().optional(),
})
export type NewKey = z.infer<typeof newKeySchema>

/** The longest that a key goes on to work beside the one that took its place. */
export const maxOverlapMs = 30 * 24 * 3_600_000

/** The only time that the key itself is told: the service keeps a hash. */
export const createdKeySchema = keyInfoSchema.extend({ key: z.string() })
export type CreatedKey = z.infer<typeof createdKeySchema>

export const revokedSchema = z.enum(['revoked', 'absent'])
