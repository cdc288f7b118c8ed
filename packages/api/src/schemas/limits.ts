import { z } from 'zod'

/** Name of an agent: that of its key. */
export const agentNameSchema = z
  .string()
  .min(1)
  .max(128)
  .refine((name) => !name.includes('\0'), 'a name must not contain NUL')

/** What an organization, or one agent within it, may have. What is absent has no limit of its own. */
export const quotaSchema = z.strictObject({
  /** Empty: the organization as a whole. */
  agent: z.string(),
  /** Sandboxes at one time, those of runs and those that are held alike. */
  sandboxes: z.int().min(0).optional(),
  createsPerMinute: z.int().min(0).optional(),
  /** Sums over all its sandboxes at one time. */
  cpus: z.number().min(0).optional(),
  memoryBytes: z.int().min(0).optional(),
  /** Runs submitted in one day (UTC). */
  runsPerDay: z.int().min(0).optional(),
})
export type Quota = z.infer<typeof quotaSchema>

/** What an organization, or one agent within it, may spend in a calendar month (UTC). */
export const budgetSchema = z.strictObject({
  /** Empty: the organization as a whole. */
  agent: z.string(),
  /** Past this a warning is given, once a month. */
  softUsd: z.number().min(0).optional(),
  /** Nothing begins that could lead past this. */
  hardUsd: z.number().min(0).optional(),
})
export type Budget = z.infer<typeof budgetSchema>

export const budgetStateSchema = budgetSchema.extend({
  /** `2026-11` */
  month: z.string(),
  /** Spent in this month, and what running sandboxes may still cost. */
  committedUsd: z.number().min(0),
})
export type BudgetState = z.infer<typeof budgetStateSchema>
