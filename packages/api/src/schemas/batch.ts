import { artifactSchema, errorDataSchema, processOutcomeSchema, runIdSchema } from '@caisson/core'
import { z } from 'zod'

/** `dead`: failed, and not tried again. `cancelled`: the batch ended before it. */
export const batchItemStates = ['waiting', 'running', 'succeeded', 'dead', 'cancelled'] as const
export type BatchItemState = (typeof batchItemStates)[number]

const count = z.int().min(0)

/** How far a batch is. */
export const batchProgressSchema = z.strictObject({
  run: runIdSchema,
  /** `paused`: no item is under way because none may be: `paused` says why. */
  state: z.enum(['running', 'paused', 'over']),
  total: count,
  counts: z.strictObject({ waiting: count, running: count, succeeded: count, dead: count, cancelled: count }),
  /** Tries beyond the first ones. */
  retries: count,
  /** Why workers that want to go on wait: a quota, a budget, an adapter without room. */
  paused: errorDataSchema.optional(),
  /** Why the batch was given up. */
  failure: errorDataSchema.optional(),
  createdAtMs: z.number(),
  /** When its time is over. */
  endsAtMs: z.number(),
  closedAtMs: z.number().optional(),
})
export type BatchProgress = z.infer<typeof batchProgressSchema>

/** What became of one item, or of its last try so far. */
export const batchItemSchema = z.strictObject({
  index: count,
  state: z.enum(batchItemStates),
  attempts: count,
  outcome: processOutcomeSchema.optional(),
  result: z.json().optional(),
  stderr: z.string().optional(),
  error: errorDataSchema.optional(),
  artifacts: z.array(artifactSchema).optional(),
})
export type BatchItem = z.infer<typeof batchItemSchema>

/** The most items that one `batches.items` returns: a result can be large. */
export const maxBatchItems = 100
