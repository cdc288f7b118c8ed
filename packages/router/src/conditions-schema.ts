import {
  adapterHealthSchema,
  featureSchema,
  isolationLevelSchema,
  languageSchema,
  operationKindSchema,
  operationSchema,
} from '@caisson/core'
import { z } from 'zod'

function oneOrMany<Item extends z.ZodType>(item: Item) {
  return z.union([item, z.array(item).min(1)])
}

/** `atLeast` is inclusive, `below` is exclusive. */
const range = z
  .strictObject({ atLeast: z.number().optional(), below: z.number().optional() })
  .refine(({ atLeast, below }) => atLeast !== undefined || below !== undefined, 'give atLeast, below or both')
  .refine(({ atLeast = -Infinity, below = Infinity }) => atLeast < below, 'nothing is at least atLeast and below below')

const facts = operationSchema.options[0].shape

/** All conditions that are given must hold. Of a list, one must. */
export const conditionsSchema = z.strictObject({
  kind: oneOrMany(operationKindSchema).optional(),
  trust: oneOrMany(facts.trust.unwrap()).optional(),
  sensitivity: oneOrMany(facts.sensitivity.unwrap()).optional(),
  organization: oneOrMany(z.string()).optional(),
  agentType: oneOrMany(z.string()).optional(),
  template: oneOrMany(z.string()).optional(),
  /** Where in the world the caller wants it to run. */
  region: oneOrMany(z.string()).optional(),
  /** Name of the tool of a `tool.call`. */
  tool: oneOrMany(z.string()).optional(),
  /** Whether a `tool.call` brings a task that a sandbox could run instead. */
  task: z.boolean().optional(),
  /** Holds when the operation brings code, all of it in these languages. */
  language: oneOrMany(languageSchema).optional(),
  /** Abilities that the operation needs: holds when it needs one of these. */
  features: oneOrMany(featureSchema).optional(),
  /** The weakest isolation that the caller accepts, `none` if it did not say. */
  isolation: z.strictObject({ atLeast: isolationLevelSchema }).optional(),
  /** Sandboxes in use at one time. */
  parallelism: range.optional(),
  /** What the caller expects, else the time limit of the operation. */
  expectedDurationMs: range.optional(),
  /** Never holds for an organization without a budget. */
  remainingBudgetUsd: range.optional(),
  /** What the operation would cost on the cheapest adapter that is there. Never holds when there is none. */
  priceUsd: range.optional(),
  /** How an adapter is. One that is not configured is `absent`. */
  health: z
    .strictObject({
      adapter: z.string().min(1),
      is: oneOrMany(z.enum([...adapterHealthSchema.shape.status.options, 'absent'])),
    })
    .optional(),
  /** Whether the operation asks for any destination, package registry or port. */
  egress: z.boolean().optional(),
  packages: z.boolean().optional(),
  ports: z.boolean().optional(),
})
