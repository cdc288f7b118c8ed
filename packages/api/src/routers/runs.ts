import {
  isFinal,
  type Run,
  type RunEvent,
  operationSchema,
  runEventSchema,
  runIdSchema,
  runSchema,
  runStatusSchema,
} from '@caisson/core'
import { tracked, type TrackedEnvelope } from '@trpc/server'
import { z } from 'zod'
import {
  callbackSchema,
  callbackSecretSchema,
  maxLogEvents,
  maxWaitMs,
  runPageSchema,
  type RunSummary,
} from '../schemas/run.ts'
import { holdFailures } from '../hold-failures.ts'
import { agentProcedure, router } from '../trpc.ts'

const byId = z.strictObject({ id: runIdSchema })

/** `lastEventId` is what an EventSource sends by itself when it reconnects. */
const followInput = byId.extend({
  after: z.int().min(0).default(0),
  lastEventId: z
    .string()
    .regex(/^\d{1,15}$/)
    .nullish(),
})

const eventStream = z
  .custom<AsyncIterable<TrackedEnvelope<RunEvent>>>(isAsyncIterable)
  .transform((events) => holdFailures(checked(events)))

export const runsRouter = router({
  /**
   * Stores the run and answers at once, or with `waitMs` as `wait` does. The same operation under the same `id` is the same run; another
   * one is a conflict.
   */
  submit: agentProcedure
    .input(
      z.strictObject({
        operation: operationSchema,
        id: runIdSchema.optional(),
        callback: callbackSchema.optional(),
        waitMs: z.int().min(0).max(maxWaitMs).default(0),
      }),
    )
    .output(runSchema)
    .mutation(async ({ ctx, input: { operation, waitMs, ...options }, signal }) => {
      const run = await ctx.runs.submit(operation, ctx.scope, options)
      if (waitMs === 0 || isFinal(run.status)) return run
      // Whatever ends the waiting, the run is stored: who submitted it hears of it.
      return await ctx.runs.wait(run.id, ctx.scope, either(AbortSignal.timeout(waitMs), signal)).catch(() => run)
    }),

  /** By which what is told of runs that this key submitted can be known as genuine. Another key has another one. */
  callbackSecret: agentProcedure
    .input(z.void())
    .output(callbackSecretSchema)
    .query(async ({ ctx }) => ({ secret: await ctx.runs.callbackSecret(ctx.scope) })),

  get: agentProcedure
    .input(byId)
    .output(runSchema)
    .query(async ({ ctx, input }) => await ctx.runs.get(input.id, ctx.scope)),

  list: agentProcedure
    .input(
      z.strictObject({
        statuses: z.array(runStatusSchema).max(10).optional(),
        limit: z.int().min(1).max(200).default(50),
        /** `next` of the page before. */
        cursor: z.string().max(256).optional(),
      }),
    )
    .output(runPageSchema)
    .query(async ({ ctx, input }) => {
      const { runs, next } = await ctx.runs.list(input, ctx.scope)
      return { runs: runs.map(summarize), ...(next === undefined ? {} : { next }) }
    }),

  cancel: agentProcedure
    .input(byId)
    .output(runSchema)
    .mutation(async ({ ctx, input }) => await ctx.runs.cancel(input.id, ctx.scope)),

  /** Answers when the run is final, or after `timeoutMs` with the run as it is then. */
  wait: agentProcedure
    .input(byId.extend({ timeoutMs: z.int().min(0).max(maxWaitMs).default(maxWaitMs) }))
    .output(runSchema)
    .query(async ({ ctx, input, signal }) => {
      const enough = AbortSignal.timeout(input.timeoutMs)
      try {
        return await ctx.runs.wait(input.id, ctx.scope, either(enough, signal))
      } catch (error) {
        if (!enough.aborted) throw error
        return await ctx.runs.get(input.id, ctx.scope)
      }
    }),

  /** What happened to a run so far, page by page: fewer than `maxLogEvents` are the last ones. */
  log: agentProcedure
    .input(byId.extend({ after: z.int().min(0).default(0) }))
    .output(z.array(runEventSchema))
    .query(async ({ ctx, input }) => [
      ...(await ctx.runs.log(input.id, ctx.scope, { after: input.after, limit: maxLogEvents })),
    ]),

  /** What happened to a run and what happens from now on. Ends after the final status. */
  events: agentProcedure
    .input(followInput)
    .output(eventStream)
    .subscription(async function* ({ ctx, input, signal }) {
      const after = Math.max(input.after, Number(input.lastEventId ?? 0))
      for await (const event of ctx.runs.events(input.id, ctx.scope, { after, signal })) {
        yield tracked(String(event.sequence), event)
      }
    }),
})

function summarize(run: Run): RunSummary {
  const { id, kind, status, usage, error, createdAtMs, finishedAtMs } = run
  const placement = run.decision?.placement
  return {
    id,
    kind,
    status,
    usage,
    error,
    createdAtMs,
    finishedAtMs,
    placement: placement?.kind === 'sandbox' ? placement.adapter : (placement?.kind ?? 'undecided'),
    artifactCount: run.artifacts.length,
  }
}

function either(enough: AbortSignal, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? enough : AbortSignal.any([signal, enough])
}

async function* checked(events: AsyncIterable<TrackedEnvelope<RunEvent>>): AsyncIterable<TrackedEnvelope<RunEvent>> {
  for await (const [id, event] of events) yield tracked(id, runEventSchema.parse(event))
}

function isAsyncIterable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
