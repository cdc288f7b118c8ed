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
  state: z.enum(['pending', 'granted', 'denied', 'expired', 'used']),
  requestedAtMs: z.number(),
  expiresAtMs: z.number(),
  decidedBy: z.string().optional(),
  reason: z.string().optional(),
})
export type Approval = z.infer<typeof approvalSchema>
