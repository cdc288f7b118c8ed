import { artifactSchema, mib } from '@caisson/core'
import { z } from 'zod'

/** The largest piece that one `read` returns. */
export const maxReadBytes = 1 * mib

/** Fewer bytes than asked for mean that the artifact ends there. */
export const artifactPieceSchema = z.strictObject({
  artifact: artifactSchema,
  offset: z.int().min(0),
  base64: z.base64(),
})
