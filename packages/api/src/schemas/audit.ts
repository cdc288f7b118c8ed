import { z } from 'zod'

/** The most entries that one `audit.list` returns. */
export const maxAuditEntries = 500

/** One event with its place in the chain of the organization. */
export const auditEntrySchema = z.strictObject({
  /** From 1 without gaps. */
  sequence: z.int().min(1),
  /** Hex. SHA-256 of the hash before it (of the first: of the organization's name hashed likewise), and of `<sequence> <event>` as UTF-8. */
  hash: z.string().regex(/^[\da-f]{64}$/),
  /** The JSON text that was hashed. */
  event: z.string(),
})
export type AuditEntry = z.infer<typeof auditEntrySchema>

export const auditHeadSchema = z.strictObject({
  organization: z.string(),
  sequence: z.int().min(0),
  /** Empty when there is no event yet. */
  hash: z.string(),
})
export type AuditHead = z.infer<typeof auditHeadSchema>
