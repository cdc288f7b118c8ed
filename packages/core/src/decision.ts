import { z } from 'zod'
import { egressPolicySchema } from './egress.ts'
import { findingSchema } from './finding.ts'
import { decisionIdSchema } from './ids.ts'
import { isolationLevelSchema } from './isolation.ts'
import { operationKindSchema } from './operation.ts'

/** Why: a code for machines, a sentence for people, and where it comes from. */
export const reasonSchema = z.strictObject({
  /** Stable and machine-readable: `untrusted-code`, `isolation-too-weak` … */
  code: z.string().regex(/^[a-z][a-z0-9-]*$/),
  text: z.string(),
  /** Id of the policy rule that says so. */
  rule: z.string().optional(),
  /** What was seen: a finding's code, a fact, a figure. */
  evidence: z.string().optional(),
})
export type Reason = z.infer<typeof reasonSchema>

export const costEstimateSchema = z.strictObject({
  amountUsd: z.number().min(0),
  durationMs: z.number().min(0),
  /** How it was reckoned, with the price's source. */
  basis: z.string(),
})
export type CostEstimate = z.infer<typeof costEstimateSchema>

/** One adapter that was considered. */
export const candidateSchema = z.strictObject({
  adapter: z.string(),
  isolation: isolationLevelSchema,
  verdict: z.enum(['chosen', 'fallback', 'rejected']),
  reasons: z.array(reasonSchema),
  estimate: costEstimateSchema.optional(),
})
export type Candidate = z.infer<typeof candidateSchema>

/** What the caller asked for and the policy left of it. What is absent was not asked for, or is bounded by nothing but the service. */
export const permissionsSchema = z.strictObject({
  /** Wall-clock limit of the run. */
  timeoutMs: z.number().optional(),
  /** Ports of the sandbox that may be served to others. */
  ports: z.union([z.literal('any'), z.array(z.int())]).optional(),
  /** Package registries that may be reached: their hosts are among the egress rules. */
  packages: z.array(z.string()).optional(),
  /** How much may be kept of what the run makes. */
  artifacts: z.strictObject({ count: z.int().optional(), bytes: z.int().optional() }).optional(),
})
export type Permissions = z.infer<typeof permissionsSchema>

/** Whom a decision wants asked. */
export const approvalTermsSchema = z.strictObject({
  /** So many different people must agree. With two, neither may be the one who asked. */
  people: z.int().min(1).max(2),
  /** How long the question stays open. Absent: as long as the engine keeps questions. */
  expiresAfterMs: z.number().optional(),
  /** When it is told again, to whoever wants to hear of what nobody answered. */
  escalateAfterMs: z.number().optional(),
})
export type ApprovalTerms = z.infer<typeof approvalTermsSchema>

export const placementSchema = z.discriminatedUnion('kind', [
  /** In the process of the caller, through a host function that it registered. */
  z.strictObject({ kind: z.literal('host'), permissions: permissionsSchema.optional() }),
  z.strictObject({
    kind: z.literal('sandbox'),
    /** Name of the adapter. */
    adapter: z.string(),
    isolation: isolationLevelSchema,
    /** The class that the rule asked for. */
    class: z.string(),
    /** What it may reach: what the operation asked for, cut by the policy. Absent: nothing. */
    egress: egressPolicySchema.optional(),
    permissions: permissionsSchema.optional(),
  }),
  /** Nowhere. `missing` says what would have to be there. */
  z.strictObject({ kind: z.literal('denied'), missing: z.array(z.string()) }),
])
export type Placement = z.infer<typeof placementSchema>

/** Made once, before anything is created, and never changed. A failover is a further attempt under the same decision. */
export const decisionSchema = z.strictObject({
  id: decisionIdSchema,
  kind: operationKindSchema,
  /** SHA-256 (hex) of the operation that was decided on. */
  operationHash: z.string(),
  placement: placementSchema,
  approval: z.enum(['none', 'required']),
  /** Absent when no person is asked. */
  approvalTerms: approvalTermsSchema.optional(),
  /** The deciding rule's reason first. Never empty. */
  reasons: z.array(reasonSchema).min(1),
  /** Every adapter, in order of preference: the chosen one, those that may take over, those rejected and why. */
  candidates: z.array(candidateSchema),
  findings: z.array(findingSchema),
  policy: z.strictObject({ name: z.string(), version: z.string(), hash: z.string() }),
  estimate: costEstimateSchema.optional(),
  /** What the same would cost with providers of the price book, configured or not. */
  elsewhere: z.array(costEstimateSchema.extend({ provider: z.string() })).optional(),
  decidedAtMs: z.number(),
})
export type Decision = z.infer<typeof decisionSchema>
