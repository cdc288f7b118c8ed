import { z } from 'zod'
import { decisionSchema } from './decision.ts'
import { artifactIdSchema, organizationIdSchema, runIdSchema, sandboxIdSchema } from './ids.ts'
import { operationKindSchema } from './operation.ts'

export const runStatuses = [
  'queued',
  'awaiting-approval',
  'running',
  'succeeded',
  'failed',
  'denied',
  'cancelled',
] as const
export const runStatusSchema = z.enum(runStatuses)
export type RunStatus = z.infer<typeof runStatusSchema>

/** Whether nothing more will happen to such a run. */
export function isFinal(status: RunStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'denied' || status === 'cancelled'
}

export const processOutcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exited'), code: z.int() }),
  z.strictObject({ kind: z.literal('signaled'), signal: z.string() }),
  z.strictObject({ kind: z.literal('timed-out') }),
  z.strictObject({ kind: z.literal('cancelled') }),
  z.strictObject({ kind: z.literal('output-limit') }),
  z.strictObject({ kind: z.literal('out-of-memory') }),
])

export const errorDataSchema = z.strictObject({
  kind: z.enum(['sandbox', 'operation']),
  code: z.string(),
  message: z.string(),
  adapter: z.string().optional(),
  field: z.string().optional(),
  remedy: z.string().optional(),
  retryable: z.boolean(),
  retryAfterMs: z.number().optional(),
})

export const artifactSchema = z.strictObject({
  id: artifactIdSchema,
  run: runIdSchema,
  /** Path below the working directory in which it was made. */
  path: z.string(),
  sizeBytes: z.int().min(0),
  /** Hex. */
  sha256: z.string(),
})
export type Artifact = z.infer<typeof artifactSchema>

export const usageSchema = z.strictObject({
  /** Time for which sandboxes belonged to this run, summed up. */
  leasedMs: z.number().min(0),
  costUsd: z.number().min(0),
})
export type Usage = z.infer<typeof usageSchema>

/** One try to carry a decision out on one adapter. */
export const attemptSchema = z.strictObject({
  adapter: z.string(),
  sandbox: sandboxIdSchema.optional(),
  /** `warm` came from the pool, `session` from an earlier run of the same session. */
  acquired: z.enum(['cold', 'warm', 'session']).optional(),
  startedAtMs: z.number(),
  error: errorDataSchema.optional(),
})
export type Attempt = z.infer<typeof attemptSchema>

/** One execution of one operation, from decision to result. */
export const runSchema = z.strictObject({
  id: runIdSchema,
  organization: organizationIdSchema,
  kind: operationKindSchema,
  status: runStatusSchema,
  decision: decisionSchema.optional(),
  attempts: z.array(attemptSchema),
  /** How the process ended, for operations that are one process. */
  outcome: processOutcomeSchema.optional(),
  /** What the operation produced, as its kind defines it. */
  value: z.json().optional(),
  artifacts: z.array(artifactSchema),
  usage: usageSchema,
  error: errorDataSchema.optional(),
  createdAtMs: z.number(),
  finishedAtMs: z.number().optional(),
})
export type Run = z.infer<typeof runSchema>

/** What happened to a run, in order. `sequence` counts from 1 without gaps, so that a reader can resume after the last one seen. */
export const runEventSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('status'), sequence: z.int(), atMs: z.number(), status: runStatusSchema }),
  z.strictObject({
    type: z.literal('progress'),
    sequence: z.int(),
    atMs: z.number(),
    done: z.int(),
    total: z.int(),
    note: z.string().optional(),
  }),
  /** An agent of `agents.parallel` began, or ended: with its part of the value of the run, and of the artifacts. */
  z.strictObject({
    type: z.literal('agent'),
    sequence: z.int(),
    atMs: z.number(),
    name: z.string(),
    status: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
    outcome: processOutcomeSchema.optional(),
    value: z.json().optional(),
    error: errorDataSchema.optional(),
    artifacts: z.array(artifactSchema).optional(),
  }),
  /** Output as base64. `source` tells agents and batch items apart and is empty for a run of one process. */
  z.strictObject({
    type: z.literal('output'),
    sequence: z.int(),
    atMs: z.number(),
    source: z.string(),
    stream: z.enum(['stdout', 'stderr', 'terminal']),
    offset: z.int(),
    base64: z.base64(),
  }),
])
export type RunEvent = z.infer<typeof runEventSchema>
