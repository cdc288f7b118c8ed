import { z } from 'zod'

/** Answer of `POST /files`: one entry per file written. */
export const filesWrittenSchema = z.array(
  z.object({
    name: z.string(),
    path: z.string(),
    type: z.literal('file'),
    metadata: z.record(z.string(), z.string()).optional(),
  }),
)
export type FilesWritten = z.input<typeof filesWrittenSchema>

/** Answer of `GET /metrics`. Sizes are bytes; `ts` is in seconds. */
export const metricsSchema = z.object({
  ts: z.number(),
  cpu_count: z.number(),
  cpu_used_pct: z.number(),
  mem_total: z.number(),
  mem_used: z.number(),
  mem_cache: z.number(),
  disk_used: z.number(),
  disk_total: z.number(),
})
export type Metrics = z.input<typeof metricsSchema>

/** Answer of `GET /envs`: the environment that every process of the sandbox gets. */
export const envsSchema = z.record(z.string(), z.string())

/** Request of `POST /init`. What is absent stays as it is. */
export const initRequestSchema = z.object({
  envVars: z.record(z.string(), z.string()).optional(),
  accessToken: z.string().optional(),
  defaultUser: z.string().optional(),
  defaultWorkdir: z.string().optional(),
})
export type InitRequest = z.input<typeof initRequestSchema>
