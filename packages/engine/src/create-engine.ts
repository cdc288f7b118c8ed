import {
  artifactIdSchema,
  freshId,
  isFinal,
  OperationError,
  parseOrThrow,
  type Run,
  runIdSchema,
  toErrorData,
} from '@caisson/core'
import { derive } from '@caisson/router'
import { createBatchDesk } from './batches/batch-desk.ts'
import { serveSlot } from './batches/serve-slot.ts'
import { createApprovalDesk } from './approval-desk.ts'
import type { Engine, RunContext } from './engine.ts'
import type { EngineOptions } from './engine-options.ts'
import type { RunRecord } from './ports/run-store.ts'
import { sweepLeases } from './leases/sweep-leases.ts'
import { recoverRuns, sweepSandboxes } from './recover.ts'
import { followEvents } from './runs/follow-events.ts'
import { raceSignal } from './runs/race-signal.ts'
import { createEngineSandboxes } from './sandboxes.ts'
import { resolveServices } from './services.ts'
import { parseOperation, parseOrganization, submit } from './submit.ts'
import { decisionInput, replayOperations } from './way/decide.ts'
import { withElsewhere } from './way/with-elsewhere.ts'
import { createWorker, type RunKey } from './worker.ts'

const pollMs = 1_000

/** An engine over the given adapters. It begins to work at once; `close` or dispose it. */
export function createEngine(options: EngineOptions): Engine {
  const services = resolveServices(options)
  const { stores, clock, limits, logger, ownerId, pool, sink } = services
  const worker = createWorker(services)
  const desk = createApprovalDesk(services, async (key) => await goOn(key))
  const closing = new AbortController()

  /** Carries a run on in the background. `false`: it is somebody else's, or over. */
  const takeUp = async (key: RunKey, claimed?: RunRecord): Promise<boolean> => {
    const taken = await worker.takeUp(key, claimed)
    if (taken !== undefined) void watchAfter(key, taken.ending).catch(warn)
    return taken !== undefined
  }
  const watchAfter = async (key: RunKey, ending: Promise<Run | undefined>) => {
    const run = await ending
    if (run === undefined || !isFinal(run.status)) await desk.watch(key)
  }
  const goOn = async (key: RunKey) => void (await takeUp(key))
  const warn = (error: unknown) => logger.warn({ error: toErrorData(error) }, 'work in the background failed')

  const beat = async () => {
    await worker.renew()
    await pool.refresh()
  }
  const heart = setInterval(() => void beat().catch(warn), limits.claimMs / 3).unref()
  const firstBeat = stores.owners.beat(ownerId, clock.now() + limits.claimMs)
  firstBeat.catch(warn)
  const attending = services.board.attend(async (slot, signal) => await serveSlot(services, slot, signal))
  attending.catch(warn)

  const keyOf = (runId: string, context: RunContext): RunKey => ({
    organization: parseOrganization(context),
    run: parseOrThrow(runIdSchema, runId, 'run-not-found', 'run'),
  })
  const recordOf = async ({ organization, run }: RunKey) => {
    const record = await stores.runs.get(organization, run)
    if (record === undefined) throw new OperationError('run-not-found', `there is no run ${run}`, { field: 'runId' })
    return record
  }
  const assertOpen = () => {
    if (closing.signal.aborted) throw new OperationError('cancelled', 'the engine is closed')
  }

  /** Resolves when something happened to the run, or might have. Every end is followed by an event. */
  const nextEvent = async ({ organization, run }: RunKey, signal: AbortSignal) => {
    const { lastSequence } = await stores.events.position(organization, run, '')
    const record = await recordOf({ organization, run })
    if (isFinal(record.run.status)) return
    await stores.events.waitForMore(organization, run, { after: lastSequence, timeoutMs: pollMs, signal })
  }
  /** What the store need not be asked for: the end of a run that is carried out here. */
  const endingHere = async (key: RunKey, signal: AbortSignal) => {
    const ending = worker.ending(key)
    return ending === undefined ? undefined : await raceSignal(ending, signal).catch(() => undefined)
  }
  const waitFor = async (key: RunKey, signal: AbortSignal | undefined): Promise<Run> => {
    const either = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal])
    for (;;) {
      const ended = await endingHere(key, either)
      const run = ended ?? (await recordOf(key)).run
      if (isFinal(run.status)) return run
      if (either.aborted) throw new OperationError('cancelled', 'the waiting was ended; the run goes on')
      if (ended === undefined) await nextEvent(key, either)
    }
  }

  const cancel = async (key: RunKey): Promise<Run> => {
    for (;;) {
      const record = await recordOf(key)
      if (isFinal(record.run.status)) return record.run
      const marked =
        record.cancelRequested || (await stores.runs.update(record, { cancelRequested: true })) !== undefined
      if (!marked) continue
      const ending = worker.cancel(key)
      if (ending !== undefined) await ending
      // Whoever has it notices at the next renewal of the claim.
      else if (!(await takeUp(key))) await nextEvent(key, closing.signal)
    }
  }

  const engine: Engine = {
    ownerId,
    ready: async () => {
      await firstBeat
      await pool.ready()
    },
    decide: async (operation, context) => {
      const organization = parseOrganization(context)
      const parsed = parseOperation(operation)
      return withElsewhere(derive(await decisionInput(services, organization, parsed)), parsed.resources)
    },
    derive: async (operation, context) => {
      const organization = parseOrganization(context)
      const parsed = parseOperation(operation)
      const derivation = derive(await decisionInput(services, organization, parsed))
      return { ...derivation, decision: withElsewhere(derivation, parsed.resources) }
    },
    replay: async (past, context, { policy } = {}) => {
      const organization = parseOrganization(context)
      return await replayOperations(services, organization, {
        policy: policy ?? (await services.policyOf(organization)),
        past,
      })
    },
    submit: async (operation, context, { runId } = {}) => {
      assertOpen()
      await firstBeat
      const { record, created } = await submit(services, operation, context, runId)
      if (created) await takeUp({ organization: record.run.organization, run: record.run.id }, record)
      return record.run
    },
    run: async (operation, context, { runId, signal } = {}) => {
      const { id, organization } = await engine.submit(operation, context, { runId })
      const key = { organization, run: id }
      const onAbort = () => void cancel(key).catch(warn)
      if (signal?.aborted === true) onAbort()
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        return await waitFor(key, undefined)
      } finally {
        signal?.removeEventListener('abort', onAbort)
      }
    },
    wait: async (runId, context, { signal } = {}) => await waitFor(keyOf(runId, context), signal),
    get: async (runId, context) => (await recordOf(keyOf(runId, context))).run,
    list: async (context, query) => await stores.runs.list(parseOrganization(context), query),
    cancel: async (runId, context) => await cancel(keyOf(runId, context)),
    events: async function* events(runId, context, { after = 0, signal } = {}) {
      const key = keyOf(runId, context)
      await recordOf(key)
      yield* followEvents(stores, key, {
        after,
        signal: signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]),
      })
    },
    approvals: desk.approvals,
    artifacts: {
      read: async (artifactId, context) => {
        const organization = parseOrganization(context)
        const id = parseOrThrow(artifactIdSchema, artifactId, 'artifact-not-found', 'artifact')
        const stored = await stores.artifacts.read(organization, id)
        if (stored === undefined) throw new OperationError('artifact-not-found', `there is no artifact ${artifactId}`)
        return stored
      },
      put: async ({ path, data }, context) =>
        await stores.artifacts.put(
          parseOrganization(context),
          { id: artifactIdSchema.parse(freshId()), run: runIdSchema.parse(freshId()), path },
          data instanceof Uint8Array ? ReadableStream.from([data]) : data,
          limits.artifactBytes,
        ),
    },
    batches: createBatchDesk(services, async (...submission) => await engine.submit(...submission)),
    sandboxes: createEngineSandboxes(services),
    leases: async (context) => await stores.leases.listOpen(parseOrganization(context)),
    audit: async (context, query) => await stores.audit.list(parseOrganization(context), query),
    recover: async () => {
      assertOpen()
      await firstBeat
      const resumed = await recoverRuns(services, async (record) => {
        const key = { organization: record.run.organization, run: record.run.id }
        if (record.run.status !== 'awaiting-approval' || record.cancelRequested) return await takeUp(key)
        await desk.watch(key)
        return false
      })
      return { resumed, destroyed: await sweepSandboxes(services), closed: await sweepLeases(services) }
    },
    close: async () => {
      if (closing.signal.aborted) return
      desk.close()
      await worker.close(options.stores === undefined ? 'cancel' : 'leave')
      await (await attending)[Symbol.asyncDispose]()
      clearInterval(heart)
      closing.abort()
      await pool.drain()
      await stores.owners.remove(ownerId)
      await sink.flush()
    },
    [Symbol.asyncDispose]: async () => await engine.close(),
  }
  return engine
}
