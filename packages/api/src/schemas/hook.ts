import { approvalSchema, operationKindSchema, organizationIdSchema, runIdSchema, runStatusSchema } from '@caisson/core'
import { z } from 'zod'

export const hookEventTypes = [
  'approval.requested',
  'approval.escalated',
  'approval.granted',
  'approval.denied',
  'run.finished',
] as const
export const hookEventTypeSchema = z.enum(hookEventTypes)
export type HookEventType = z.infer<typeof hookEventTypeSchema>

export const hookIdSchema = z.string().regex(/^[a-z0-9]{1,40}$/)

export const hookSchema = z.strictObject({
  id: hookIdSchema,
  url: z.url({ protocol: /^https?$/ }),
  events: z.array(hookEventTypeSchema).min(1),
  createdAtMs: z.number(),
})
export type Hook = z.infer<typeof hookSchema>

/** The only time that the secret is told. What is sent is signed with it, and answers have to be. */
export const createdHookSchema = hookSchema.extend({ secret: z.string() })
export type CreatedHook = z.infer<typeof createdHookSchema>

export const removedSchema = z.enum(['removed', 'absent'])

/** The body of what a hook is sent. No input and no output of the operation is in it. */
export const hookEventSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.enum(['approval.requested', 'approval.escalated', 'approval.granted', 'approval.denied']),
    organization: organizationIdSchema,
    atMs: z.number(),
    approval: approvalSchema,
  }),
  z.strictObject({
    type: z.literal('run.finished'),
    organization: organizationIdSchema,
    atMs: z.number(),
    run: runIdSchema,
    kind: operationKindSchema,
    status: runStatusSchema,
  }),
])
export type HookEvent = z.infer<typeof hookEventSchema>

/** An answer to an approval, as a signed request brings it. */
export const hookAnswerSchema = z.strictObject({
  organization: organizationIdSchema,
  approval: z.string(),
  verdict: z.enum(['grant', 'deny']),
  /** Who answers, as the system that signs knows them. */
  by: z.string().min(1).max(128),
  reason: z.string().max(2000).optional(),
})
export type HookAnswer = z.infer<typeof hookAnswerSchema>

/** Which approvals a signed request wants to see. Without a state: all. */
export const hookListSchema = z.strictObject({
  organization: organizationIdSchema,
  state: approvalSchema.shape.state.optional(),
})
