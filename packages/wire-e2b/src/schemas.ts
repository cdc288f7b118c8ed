import { z } from 'zod'
import { connectStatus, type ConnectCode } from './connect-error.ts'

const connectCodes = Object.keys(connectStatus) as [ConnectCode, ...ConnectCode[]]

/** A 64-bit integer, which JSON carries as a string. Only whole numbers that a double holds exactly are accepted. */
export const int64Schema = z
  .union([z.string().regex(/^-?\d{1,16}$/), z.int()])
  .transform(Number)
  .refine(Number.isSafeInteger, 'not a safe integer')

/** Body of a failed unary call, and of `error` at the end of a stream. */
export const connectErrorSchema = z.object({
  code: z.enum(connectCodes).catch('unknown'),
  message: z.string().default(''),
  caisson: z.object({ errno: z.string().regex(/^E[A-Z0-9]{1,30}$/) }).optional(),
})

/** Payload of the envelope that ends a stream. */
export const endOfStreamSchema = z.object({ error: connectErrorSchema.optional() })

/** Body of a failed plain HTTP call (`/files`, `/health`, a wrong token). */
export const httpErrorSchema = z.object({
  code: z.int(),
  message: z.string().default(''),
  caisson: z.object({ errno: z.string().regex(/^E[A-Z0-9]{1,30}$/) }).optional(),
})
