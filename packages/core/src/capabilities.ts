import { z } from 'zod'
import { hourMs } from './units.ts'
import { isolationLevelSchema } from './isolation.ts'

/**
 * Optional abilities. Each is declared here and shown by a member or an accepted option; one without the other fails
 * conformance, and using an undeclared one throws `unsupported`.
 */
export const features = [
  'terminal',
  'watch',
  'attach',
  'users',
  'code',
  'ports',
  'desktop',
  'browser',
  'pause',
  'snapshot',
  'fork',
  'metrics',
  'set-egress',
  'egress-allow',
  'egress-networks',
  'egress-headers',
  'volumes',
  'secrets',
  'template-build',
] as const
export const featureSchema = z.enum(features)
export type Feature = z.infer<typeof featureSchema>

/** Limits that an adapter truly holds. A spec that asks for another one is refused with `unsupported`. `volume`: the size of each volume. */
export const limitKinds = ['cpus', 'memory', 'disk', 'pids', 'volume'] as const
export const limitKindSchema = z.enum(limitKinds)
export type LimitKind = z.infer<typeof limitKindSchema>

/** What a sandbox costs, per unit of what was allocated. */
export const priceSchema = z.strictObject({
  currency: z.literal('USD'),
  perCpuHour: z.number().min(0),
  perGibHour: z.number().min(0),
  /** Memory of a sandbox while it is paused. Absent: nothing. */
  perPausedGibHour: z.number().min(0).optional(),
  /** Disk, running or paused. Absent: nothing. */
  perDiskGibHour: z.number().min(0).optional(),
  /** Where the figures come from, and the day on which they were read. */
  source: z.string(),
  asOf: z.iso.date(),
})
export type Price = z.infer<typeof priceSchema>

/** Static data: the router reads it before anything exists. */
export const adapterCapabilitiesSchema = z.strictObject({
  isolation: isolationLevelSchema,
  features: z.array(featureSchema),
  limits: z.array(limitKindSchema),
  /** Names that `SandboxSpec.template` accepts; the first is the default. */
  templates: z.array(z.string()).min(1),
  maxTtlMs: z
    .int()
    .positive()
    .default(24 * hourMs),
  /** `machine`: nothing leaves the machine that runs Caisson. `remote`: code and data travel to a provider. */
  locality: z.enum(['machine', 'remote']),
  /** Where in the world its sandboxes are. Absent: it does not say. */
  region: z.string().max(64).optional(),
  price: priceSchema,
})
export type AdapterCapabilities = Readonly<z.infer<typeof adapterCapabilitiesSchema>>

export const adapterHealthSchema = z.strictObject({
  status: z.enum(['healthy', 'degraded', 'unavailable']),
  /** Why it is not healthy, and what mends it. */
  reason: z.string().optional(),
  remedy: z.string().optional(),
  checkedAtMs: z.number(),
  /** Duration of the probe. */
  latencyMs: z.number(),
})
export type AdapterHealth = z.infer<typeof adapterHealthSchema>
