import { findingCodes, isolationLevelSchema } from '@caisson/core'
import { z } from 'zod'
import { conditionsSchema } from './conditions-schema.ts'
import { coversCode } from './covers-code.ts'
import { approvalWishSchema, egressGrantSchema, name, permissionsGrantSchema } from './grants-schema.ts'

export const because = {
  id: name,
  /** Stable code for machines. */
  reason: name,
  /** One sentence for people. */
  text: z.string().min(1).max(500),
}

/** What makes a placement stricter, and never anything else. */
export const restrictionsSchema = z.strictObject({
  /** Raises the floor. Above `none` it also keeps the operation off the host. */
  isolation: isolationLevelSchema.optional(),
  ideal: isolationLevelSchema.optional(),
  locality: z.literal('machine').optional(),
  /** Narrows the regions to these. */
  regions: z.array(z.string().min(1).max(64)).min(1).optional(),
  /** Cuts what may be reached to what both allow. */
  egress: egressGrantSchema.optional(),
  permissions: permissionsGrantSchema.optional(),
  approval: approvalWishSchema.optional(),
  place: z.literal('denied').optional(),
})

/**
 * Only ever makes a placement stricter. All whose conditions hold apply, whichever rule decided. What inspection found can be
 * asked about here and nowhere else, so that no finding can make anything laxer.
 */
export const guardSchema = z.strictObject({
  ...because,
  when: conditionsSchema
    .extend({
      findings: z
        .strictObject({
          atLeast: z.enum(['info', 'risky', 'hostile']),
          /** Exact codes, or `network.*` for all that begin so. Default: all. */
          codes: z
            .array(
              z
                .string()
                .refine(isFindable, { error: ({ input }) => `inspection finds nothing called ${String(input)}` }),
            )
            .min(1)
            .optional(),
        })
        .optional(),
    })
    .default({}),
  then: restrictionsSchema,
})
export type Guard = z.infer<typeof guardSchema>

/** A code that is misspelt would be a guard that never applies. */
function isFindable(pattern: string): boolean {
  return findingCodes.some((code) => coversCode(pattern, code))
}
