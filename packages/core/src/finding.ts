import { z } from 'zod'

/** Something that inspection saw in code or a file, with the place where it saw it. */
export const findingSchema = z.strictObject({
  /** Stable and machine-readable: `process.spawn`, `network.access`, `archive.bomb` … */
  code: z.string().regex(/^[a-z]+(\.[a-z-]+)+$/),
  severity: z.enum(['info', 'risky', 'hostile']),
  message: z.string(),
  /** Which part of the operation: `input.code`, `input.files.0` … */
  place: z.string(),
  /** One-based; absent for binary content. */
  line: z.int().positive().optional(),
  /** At most 120 characters of what was seen. */
  excerpt: z.string().max(120).optional(),
})
export type Finding = z.infer<typeof findingSchema>
