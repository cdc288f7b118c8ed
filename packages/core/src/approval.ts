import { z } from 'zod'
import { approvalIdSchema, decisionIdSchema, organizationIdSchema, runIdSchema } from './ids.ts'
import { operationKindSchema } from './operation.ts'

/** A question to a person, bound to exactly one operation and decision. A grant is used once. */
export const approvalSchema = z.strictObject({
  id: approvalIdSchema,
  organization: organizationIdSchema,
  run: runIdSchema,
  decision: decisionIdSchema,
  kind: operationKindSchema,
  /** SHA-256 (hex) over kind, input, placement and policy. */
  bindingHash: z.string(),
  summary: z.string(),
  /** `used`: the run went on with it, which it does once. */
  state: z.enum(['pending', 'granted', 'denied', 'expired', 'used']),
  requestedAtMs: z.number(),
  expiresAtMs: z.number(),
  /** How many different people must agree. Absent: one. */
  people: z.int().min(1).max(2).optional(),
  /** Who asked. With two people neither may be that one. */
  requestedBy: z.string().optional(),
  /** The name of that one alone, which stays when they come with another key. */
  requesterName: z.string().optional(),
  /** Who agreed so far; `name` as above. */
  grants: z
    .array(
      z.strictObject({
        by: z.string(),
        name: z.string().optional(),
        reason: z.string().optional(),
        atMs: z.number(),
      }),
    )
    .optional(),
  /** When it is told again if nobody has answered, and when that was. */
  escalatesAtMs: z.number().optional(),
  escalatedAtMs: z.number().optional(),
  decidedBy: z.string().optional(),
  reason: z.string().optional(),
})
export type Approval = z.infer<typeof approvalSchema>
