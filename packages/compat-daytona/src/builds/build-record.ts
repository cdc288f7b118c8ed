import { minuteMs, organizationIdSchema } from '@caisson/core'
import { z } from 'zod'

export const buildRecordSchema = z.object({
  /** The same for the same sources of the same organization. */
  id: z.string(),
  organization: organizationIdSchema,
  /** The adapters' name for what comes of it. */
  adapterTemplate: z.string(),
  status: z.enum(['building', 'ready', 'failed']),
  /** Lines that it printed. */
  logs: z.array(z.string()),
  reason: z.string().optional(),
  createdAtMs: z.number(),
  /** Moves on while somebody works on it. */
  updatedAtMs: z.number(),
})
export type BuildRecord = z.infer<typeof buildRecordSchema>

/** A build that nobody has touched for so long was left by a process that is gone. */
const abandonedMs = minuteMs

/** Where a build is now, as far as one can know. */
export function statusOf({ status, reason, updatedAtMs }: BuildRecord): Pick<BuildRecord, 'status' | 'reason'> {
  if (status === 'building' && Date.now() - updatedAtMs > abandonedMs)
    return { status: 'failed', reason: 'the process of the service that worked on this build is gone: build again' }
  return { status, reason }
}
