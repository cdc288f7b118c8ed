import { organizationIdSchema } from '@caisson/core'
import { z } from 'zod'
import { headerRulesSchema } from './header-rules.ts'

const textMap = z.record(z.string(), z.string())

/** What a sandbox may reach, and how it is reached, in E2B's words. */
export const networkSchema = z.object({
  allowOut: z.array(z.string().max(512)).max(1000).optional(),
  denyOut: z.array(z.string().max(512)).max(1000).optional(),
  rules: headerRulesSchema.optional(),
  egressProxy: z
    .object({ address: z.string(), username: z.string().optional(), password: z.string().optional() })
    .optional(),
  allowPublicTraffic: z.boolean().optional(),
  maskRequestHost: z.string().max(512).optional(),
  httpsPorts: z.array(z.int().min(1).max(65_535)).max(100).optional(),
})
export type Network = z.infer<typeof networkSchema>

/** What is known of a sandbox beside what its adapter says. */
export const sandboxRecordSchema = z.object({
  id: z.string(),
  organization: organizationIdSchema,
  adapter: z.string(),
  sandbox: z.string(),
  /** As the caller named it. */
  template: z.string(),
  /** As the adapters name it. Absent: the adapter's default. */
  adapterTemplate: z.string().optional(),
  alias: z.string().optional(),
  startedAtMs: z.number(),
  timeoutMs: z.number(),
  metadata: textMap,
  /** The environment variables of its creation, sealed. */
  env: z.string(),
  cpuCount: z.number(),
  memoryMb: z.number(),
  diskMb: z.number(),
  onTimeout: z.enum(['kill', 'pause']),
  autoResume: z.boolean(),
  /** Whether only its files are kept when it pauses at its time. */
  onlyFiles: z.boolean().optional(),
  network: networkSchema.omit({ rules: true }).optional(),
  /** The rules of `network`, sealed. */
  rules: z.string().optional(),
  internet: z.boolean(),
  volumeMounts: z.array(z.object({ name: z.string(), path: z.string() })),
  /** Set while it is paused on request; says whether its processes are kept. */
  paused: z.enum(['memory', 'files']).optional(),
})
export type SandboxRecord = z.infer<typeof sandboxRecordSchema>
