import { featureSchema, isolationLevelSchema, limitKindSchema } from '@caisson/core'
import { z } from 'zod'
import { conditionsSchema } from './conditions-schema.ts'
import { approvalWishSchema, egressGrantSchema, name, permissionsGrantSchema } from './grants-schema.ts'
import { because, guardSchema } from './guard-schema.ts'
import { organizationsSchema, settingsSchema } from './settings-schema.ts'

const preference = z.union([z.enum(['strongest', 'cheapest']), z.array(z.string().min(1)).min(1)])

/** What a sandbox has to be, in terms that hold on a laptop and in a company. The router finds the adapters that are it. */
const classFields = z.strictObject({
  description: z.string().optional(),
  /** Nothing weaker is ever taken. */
  isolation: isolationLevelSchema,
  /** What one would wish for. Taking less is allowed and told. */
  ideal: isolationLevelSchema.optional(),
  features: z.array(featureSchema).default([]),
  limits: z.array(limitKindSchema).default([]),
  /** The order among adapters that qualify. A list names adapters; those that it does not name come last, strongest first. */
  prefer: preference.default('strongest'),
  /** Which adapters may take the place of those that `prefer` names, in this order. Absent: all that qualify. */
  fallbacks: z.union([z.literal('any'), z.array(z.string().min(1))]).optional(),
  /** `machine`: nothing may leave the machine that runs Caisson. */
  locality: z.enum(['any', 'machine']).default('any'),
  /** Where in the world it may be. Absent: anywhere. */
  regions: z.array(z.string().min(1).max(64)).min(1).optional(),
  /** What may be reached, if the operation asks for it. Default: nothing. */
  egress: egressGrantSchema.default({ hosts: [], privateAddresses: false }),
  /** What else a caller may ask for. Ports and packages that are not said here are not given. */
  permissions: permissionsGrantSchema.default({}),
})
const classSchema = classFields.refine(
  ({ prefer, fallbacks }) => typeof prefer !== 'string' || fallbacks === undefined || fallbacks === 'any',
  { path: ['fallbacks'], message: 'say with a list in prefer what they are to take the place of' },
)
export type SandboxClass = z.infer<typeof classSchema>

/** Says where. Read in order: the first whose conditions hold decides. */
const ruleSchema = z.strictObject({
  ...because,
  when: conditionsSchema.default({}),
  then: z.discriminatedUnion('place', [
    z.strictObject({ place: z.literal('host'), approval: approvalWishSchema.optional() }),
    z.strictObject({ place: z.literal('sandbox'), class: name, approval: approvalWishSchema.optional() }),
    z.strictObject({ place: z.literal('denied') }),
  ]),
})
export type Rule = z.infer<typeof ruleSchema>

const destination = z.string().regex(/^[^\s:/]{1,253}:\d{1,5}$/, 'use host:port')

/** A whole policy: what is hashed, stored and decided by. */
export const policySchema = z.strictObject({
  name,
  version: z.string().min(1).max(64),
  classes: z.record(name, classSchema).default({}),
  rules: z.array(ruleSchema).max(1000).default([]),
  guards: z.array(guardSchema).max(1000).default([]),
  /** Package registries by name, with the hosts that one has to reach to use them. */
  registries: z.record(name, z.array(destination).min(1).max(20)).default({}),
  settings: settingsSchema.optional(),
  /** Settings of single organizations. They come on top of `settings`. */
  organizations: organizationsSchema.default({}),
})
export type PolicyDocument = z.output<typeof policySchema>

export const shippedNames = ['default', 'strict', 'air-gapped'] as const
export type ShippedName = (typeof shippedNames)[number]

/** A policy as people write it. It may stand on one of the shipped ones. */
export const policySourceSchema = policySchema.extend({
  /** Own rules are read first; one with the id of a rule below replaces it. Guards below always stay. */
  extends: z.enum(shippedNames).optional(),
})
export type PolicySource = z.output<typeof policySourceSchema>
export type PolicyInput = z.input<typeof policySourceSchema>
export type { Guard } from './guard-schema.ts'
