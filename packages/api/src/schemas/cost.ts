import { z } from 'zod'

export const costDimensions = ['day', 'agent', 'kind', 'adapter'] as const
const costDimensionSchema = z.enum(costDimensions)
export type CostDimension = z.infer<typeof costDimensionSchema>

export const costQuerySchema = z.strictObject({
  /** Days (UTC), both included. */
  from: z.iso.date(),
  to: z.iso.date(),
  /** What to tell apart. */
  by: z.array(costDimensionSchema).max(4).default(['day']),
})
export type CostQuery = z.output<typeof costQuerySchema>

/** What ended leases cost. A lease counts on the day on which it began, its seconds and its cost on the days on which they were. */
export const costRowSchema = z.strictObject({
  day: z.string().optional(),
  agent: z.string().optional(),
  kind: z.string().optional(),
  adapter: z.string().optional(),
  leases: z.int().min(0),
  runningSeconds: z.int().min(0),
  pausedSeconds: z.int().min(0),
  /** What was allocated of disk, running and paused. */
  storageGibHours: z.number().min(0),
  costUsd: z.number().min(0),
  /** What the decisions reckoned with. */
  estimateUsd: z.number().min(0),
})
export type CostRow = z.infer<typeof costRowSchema>
