import { approvalSchema, decisionSchema } from '@caisson/core'
import { z } from 'zod'

/** All that a person needs to answer. */
export const approvalDetailsSchema = z.strictObject({
  approval: approvalSchema,
  decision: decisionSchema.optional(),
  /** The operation itself, as JSON: what is granted is exactly this. Cut when it is long. */
  operation: z.string(),
})
export type ApprovalDetails = z.infer<typeof approvalDetailsSchema>
