import { decisionSchema, runSchema } from '@caisson/core'
import { z } from 'zod'

export const decidedSchema = z.strictObject({
  decision: decisionSchema,
  /** The whole derivation in sentences. */
  explanation: z.string(),
})
export type Decided = z.infer<typeof decidedSchema>

/** A run in a list: enough to choose one, small whatever it produced. */
export const runSummarySchema = runSchema
  .pick({ id: true, kind: true, status: true, usage: true, error: true, createdAtMs: true, finishedAtMs: true })
  .extend({
    /** Name of the adapter, `host`, `denied` or `undecided`. */
    placement: z.string(),
    artifactCount: z.int(),
  })
export type RunSummary = z.infer<typeof runSummarySchema>

/** Newest first. */
export const runPageSchema = z.strictObject({
  runs: z.array(runSummarySchema),
  /** Give it as `cursor` to see the page after this one. */
  next: z.string().optional(),
})
export type RunSummaryPage = z.infer<typeof runPageSchema>

/** Where to tell of one run, until it is finished. Its host has to be one of those that the service allows. */
export const callbackSchema = z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(2000) })
export type Callback = z.infer<typeof callbackSchema>

/** What the calls back for the submissions of one key are signed with. */
export const callbackSecretSchema = z.strictObject({ secret: z.string() })

/** The longest that one request waits for a run. Ask again to wait longer. */
export const maxWaitMs = 50_000

/** The most events that one `log` returns. */
export const maxLogEvents = 200
