import { organizationIdSchema } from '@caisson/core'
import { z } from 'zod'

const logEntrySchema = z.object({
  timestamp: z.string(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  step: z.string().optional(),
})
export type BuildLogEntry = z.infer<typeof logEntrySchema>

export const buildRecordSchema = z.object({
  id: z.string(),
  organization: organizationIdSchema,
  /** Id of the template that it is a build of. */
  template: z.string(),
  /** The adapters' name for what comes of it. */
  adapterTemplate: z.string(),
  tags: z.array(z.string()),
  cpuCount: z.number(),
  memoryMb: z.number(),
  status: z.enum(['waiting', 'building', 'ready', 'error']),
  logs: z.array(logEntrySchema),
  reason: z.object({ message: z.string(), step: z.string().optional() }).optional(),
  /** Started in every sandbox of it, and asked until it ends with 0. */
  startCommand: z.string().optional(),
  readyCommand: z.string().optional(),
  createdAtMs: z.number(),
  /** Moves on while somebody works on it. */
  updatedAtMs: z.number(),
})
export type BuildRecord = z.infer<typeof buildRecordSchema>
