import { adapterCapabilitiesSchema, adapterHealthSchema } from '@caisson/core'
import { z } from 'zod'

/** One adapter and how it is. */
export const adapterStateSchema = z.strictObject({
  name: z.string(),
  capabilities: adapterCapabilitiesSchema,
  health: adapterHealthSchema,
})
export type AdapterState = z.infer<typeof adapterStateSchema>

export const policyInForceSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  hash: z.string(),
  /** The whole policy as YAML, fit to be edited and loaded again. */
  text: z.string(),
})
export type PolicyInForce = z.infer<typeof policyInForceSchema>

export const serviceStatusSchema = z.strictObject({
  version: z.string(),
  /** Names this replica. */
  replica: z.string(),
  startedAtMs: z.number(),
  /** `embedded`: the service's own Postgres. */
  database: z.enum(['embedded', 'external']),
  hostFunctions: z.array(z.string()),
})
export type ServiceStatus = z.infer<typeof serviceStatusSchema>
