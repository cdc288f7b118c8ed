import {
  featureSchema,
  isolationLevelSchema,
  languageSchema,
  limitKindSchema,
  operationKindSchema,
  operationSchema,
} from '@caisson/core'
import { z } from 'zod'

const name = z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'use 1 to 63 lower-case letters, digits and "-"')

function oneOrMany<Item extends z.ZodType>(item: Item) {
  return z.union([item, z.array(item).min(1)])
}

/** `atLeast` is inclusive, `below` is exclusive. */
const range = z
  .strictObject({ atLeast: z.number().optional(), below: z.number().optional() })
  .refine(({ atLeast, below }) => atLeast !== undefined || below !== undefined, 'give atLeast, below or both')

const facts = operationSchema.options[0].shape

/** All conditions that are given must hold. Of a list, one must. */
const conditionsSchema = z.strictObject({
  kind: oneOrMany(operationKindSchema).optional(),
  trust: oneOrMany(facts.trust.unwrap()).optional(),
  sensitivity: oneOrMany(facts.sensitivity.unwrap()).optional(),
  organization: oneOrMany(z.string()).optional(),
  agentType: oneOrMany(z.string()).optional(),
  template: oneOrMany(z.string()).optional(),
  /** Holds when the operation brings code, all of it in these languages. */
  language: oneOrMany(languageSchema).optional(),
  /** Sandboxes in use at one time. */
  parallelism: range.optional(),
  /** What the caller expects, else the time limit of the operation. */
  expectedDurationMs: range.optional(),
  /** Never holds for an organization without a budget. */
  remainingBudgetUsd: range.optional(),
  /** Whether the operation asks for any destination. */
  egress: z.boolean().optional(),
})
export type Conditions = z.infer<typeof conditionsSchema>

/** Destinations: `any`, or host names, of which `*.example.com` means all below `example.com`. */
const egressHosts = z.union([
  z.literal('any'),
  z.array(z.string().regex(/^(\*\.)?[^*]{1,253}$/, 'use a host name, or "*." and a host name')),
])

const egressGrantSchema = z.strictObject({
  hosts: egressHosts,
  /** Whether a destination may be a loopback, link-local or private address if the operation asks for that. */
  privateAddresses: z.boolean().default(false),
})
export type EgressGrant = z.infer<typeof egressGrantSchema>

const preference = z.union([z.enum(['strongest', 'cheapest']), z.array(z.string().min(1)).min(1)])

/** What a sandbox has to be, in terms that hold on a laptop and in a company. The router finds the adapters that are it. */
const classSchema = z.strictObject({
  description: z.string().optional(),
  /** Nothing weaker is ever taken. */
  isolation: isolationLevelSchema,
  /** What one would wish for. Taking less is allowed and told. */
  ideal: isolationLevelSchema.optional(),
  features: z.array(featureSchema).default([]),
  limits: z.array(limitKindSchema).default([]),
  /** The order among adapters that qualify. A list names adapters; those that it does not name come last, strongest first. */
  prefer: preference.default('strongest'),
  /** `machine`: nothing may leave the machine that runs Caisson. */
  locality: z.enum(['any', 'machine']).default('any'),
  /** What may be reached, if the operation asks for it. Default: nothing. */
  egress: egressGrantSchema.default({ hosts: [], privateAddresses: false }),
})
export type SandboxClass = z.infer<typeof classSchema>

const because = {
  id: name,
  /** Stable code for machines. */
  reason: name,
  /** One sentence for people. */
  text: z.string().min(1).max(500),
}

/** Says where. Read in order: the first whose conditions hold decides. */
const ruleSchema = z.strictObject({
  ...because,
  when: conditionsSchema.default({}),
  then: z.discriminatedUnion('place', [
    z.strictObject({ place: z.literal('host'), approval: z.literal('required').optional() }),
    z.strictObject({ place: z.literal('sandbox'), class: name, approval: z.literal('required').optional() }),
    z.strictObject({ place: z.literal('denied') }),
  ]),
})
export type Rule = z.infer<typeof ruleSchema>

/**
 * Only ever makes a placement stricter. All whose conditions hold apply, whichever rule decided. What inspection found can be
 * asked about here and nowhere else, so that no finding can make anything laxer.
 */
const guardSchema = z.strictObject({
  ...because,
  when: conditionsSchema
    .extend({
      findings: z
        .strictObject({
          atLeast: z.enum(['info', 'risky', 'hostile']),
          /** Exact codes, or `network.*` for all that begin so. Default: all. */
          codes: z
            .array(z.string().regex(/^[a-z-]+(\.[a-z-]+)*(\.\*)?$/))
            .min(1)
            .optional(),
        })
        .optional(),
    })
    .default({}),
  then: z.strictObject({
    /** Raises the floor. Above `none` it also keeps the operation off the host. */
    isolation: isolationLevelSchema.optional(),
    ideal: isolationLevelSchema.optional(),
    locality: z.literal('machine').optional(),
    /** Cuts what may be reached to what both allow. */
    egress: egressGrantSchema.optional(),
    approval: z.literal('required').optional(),
    place: z.literal('denied').optional(),
  }),
})
export type Guard = z.infer<typeof guardSchema>

/** A policy as people write it. */
export const policySchema = z
  .strictObject({
    name,
    version: z.string().min(1).max(64),
    classes: z.record(name, classSchema).default({}),
    rules: z.array(ruleSchema).min(1).max(1000),
    guards: z.array(guardSchema).max(1000).default([]),
  })
  .superRefine((policy, context) => {
    const ids = new Set<string>()
    for (const list of ['rules', 'guards'] as const) {
      for (const [index, { id }] of policy[list].entries()) {
        if (ids.has(id))
          context.addIssue({ code: 'custom', path: [list, index, 'id'], message: `"${id}" is used twice` })
        ids.add(id)
      }
    }
    for (const [index, { then }] of policy.rules.entries()) {
      if (then.place === 'sandbox' && !Object.hasOwn(policy.classes, then.class)) {
        const known = Object.keys(policy.classes).join(', ')
        const message = `there is no class "${then.class}"; the policy has: ${known === '' ? 'none' : known}`
        context.addIssue({ code: 'custom', path: ['rules', index, 'then', 'class'], message })
      }
    }
  })
export type PolicyInput = z.input<typeof policySchema>
export type PolicyDocument = z.output<typeof policySchema>
