import { operationKindSchema, runIdSchema } from '@caisson/core'
import { z } from 'zod'

/** SHA-256 in hex. */
export const policyHashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'a hash has 64 digits from 0 to f')

export const policyVersionSchema = z.strictObject({
  hash: policyHashSchema,
  name: z.string(),
  version: z.string(),
  /** Who stored it. Absent: it came from the service. */
  storedBy: z.string().optional(),
  storedAtMs: z.number(),
  /** Whether the organization has chosen it. */
  chosen: z.boolean(),
})
export type PolicyVersion = z.infer<typeof policyVersionSchema>

/** At most this many changes are listed; all are counted. */
export const maxReplayChanges = 500

/** What another policy, or the one in force, would say today of what was done. */
export const replayReportSchema = z.strictObject({
  policy: z.strictObject({ name: z.string(), version: z.string(), hash: z.string() }),
  sinceMs: z.number(),
  /** Operations that were looked at, the newest ones first if there are too many. */
  total: z.int(),
  /** Whether there were more than could be looked at. */
  truncated: z.boolean(),
  changed: z.int(),
  costBeforeUsd: z.number(),
  costAfterUsd: z.number(),
  changes: z
    .array(
      z.strictObject({
        run: runIdSchema,
        kind: operationKindSchema,
        decidedAtMs: z.number(),
        before: z.string(),
        after: z.string(),
        /** Why it would be otherwise. */
        reason: z.string(),
        costDifferenceUsd: z.number(),
      }),
    )
    .max(maxReplayChanges),
})
export type ReplayReport = z.infer<typeof replayReportSchema>
