import { organizationIdSchema } from '@caisson/core'
import { z } from 'zod'
import { restrictionsSchema } from './guard-schema.ts'

const backend = z.string().min(1).max(64)

/** How one adapter may be used. */
const backendSettingsSchema = z.strictObject({
  enabled: z.boolean().default(true),
  /** Where it is, when the adapter itself does not know. */
  region: z.string().min(1).max(64).optional(),
  /** Operations with a longer time limit go elsewhere. */
  maxDurationMs: z.int().min(100).optional(),
  /** Operations that are estimated to cost more go elsewhere. */
  maxCostUsd: z.number().min(0).optional(),
})
export type BackendSettings = z.infer<typeof backendSettingsSchema>

/** What holds for one type of agent: a backend that is preferred, and restrictions as a guard has them. */
const agentOverrideSchema = restrictionsSchema.extend({ backend: backend.optional() })

/** The settings of a workspace: of a whole service, or of one organization. They prefer and restrict; no floor is ever lowered by them. */
export const settingsSchema = z.strictObject({
  /** Comes first among the adapters that qualify. */
  defaultBackend: backend.optional(),
  backends: z.record(backend, backendSettingsSchema).default({}),
  /** By `agentType` of the operation. */
  agentOverrides: z.record(z.string().min(1).max(64), agentOverrideSchema).default({}),
})
export type Settings = z.infer<typeof settingsSchema>

export const organizationsSchema = z.record(organizationIdSchema, settingsSchema)
