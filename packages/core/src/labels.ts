import { z } from 'zod'

/**
 * Carried by every created thing, so that a sweeper finds what belongs to whom.
 * `organization`, `run` and `owner` are Caisson's; other keys are the caller's.
 */
export const labelsSchema = z
  .record(
    z
      .string()
      .regex(/^[a-z0-9][a-z0-9_.-]{0,62}$/, 'label names are 1 to 63 lower-case letters, digits, "_", "." or "-"'),
    z.string().max(256),
  )
  .refine((labels) => Object.keys(labels).length <= 64, 'at most 64 labels')
export type Labels = z.infer<typeof labelsSchema>

/** Whether `labels` carries every pair of `wanted`. */
export function matchesLabels(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value)
}
