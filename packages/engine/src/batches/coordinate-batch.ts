import { minuteMs, OperationError, type OperationOf, secondMs } from '@caisson/core'
import { formatTraceparent } from '@caisson/tracing'
import type { Batch, BatchKey } from '../ports/batch-store.ts'
import { explainLimit } from '../runners/explain-limit.ts'
import type { RunnerResult } from '../runners/runner.ts'
import { raceSignal } from '../runs/race-signal.ts'
import { throwIfStopped } from '../runs/stopped.ts'
import type { Work } from '../work.ts'
import { batchValue } from './batch-value.ts'
import { persist } from './persist.ts'

/** How often the coordinator looks, at first and later. */
const lookMs = { first: 10, last: 500 } as const
/** How long items that are under way may take to end, beside what a sandbox may take to answer. */
const graceMs = 5 * secondMs
/** How long the store may be away before the run is given up, for recovery to find. */
const outageMs = 5 * minuteMs

/**
 * The same code for every item, in as many sandboxes as may run at one time. The items lie in the store, and whoever attends the board takes them; the
 * engine that has the run waits for the end. Taken over after a crash it goes on waiting: what is done stays done.
 */
export async function coordinateBatch(work: Work, operation: OperationOf<'batch.run'>): Promise<RunnerResult> {
  const { services, organization, run, stop } = work
  const { items, concurrency, retry } = operation.input
  const key: BatchKey = { organization, run }
  const nowMs = services.clock.now()
  await services.stores.batches.open({
    ...key,
    total: items.length,
    retry,
    createdAtMs: nowMs,
    endsAtMs: nowMs + operation.timeoutMs,
    traceparent: formatTraceparent(work.span),
  })
  const slots = Array.from({ length: Math.min(concurrency, items.length) }, (_, index) => String(index))
  await services.board.post(key, slots)

  const ended = await untilOver(work, key).catch(async (error: unknown) => {
    // A run that fails takes its batch with it; one that is only given up leaves it to the next engine.
    if (!stop.aborted) await services.stores.batches.close(key, 'end')
    throw error
  })
  throwIfStopped(stop)
  const value = await batchValue(services, key)
  const { counts, failure, hindrance } = ended
  const late = counts.cancelled > 0 && services.clock.now() >= ended.endsAtMs
  const outcome = late ? ({ kind: 'timed-out' } as const) : undefined
  const limit = outcome && explainLimit(outcome, { timeoutMs: operation.timeoutMs, outputBytes: 0 })
  return {
    succeeded: counts.succeeded === ended.total,
    outcome,
    value: value.value,
    artifacts: value.artifacts,
    error: failure ?? (late && counts.succeeded + counts.dead === 0 ? (hindrance ?? limit) : limit),
  }
}

/** Waits until nothing is to be done any more, or may be, and closes the batch. */
async function untilOver(work: Work, key: BatchKey): Promise<Batch> {
  const { services, stop, cancel } = work
  const { stores, clock, board, limits } = services
  const tell = createProgress(work)
  let waitMs: number = lookMs.first
  let closedAtMs: number | undefined
  for (;;) {
    throwIfStopped(stop)
    const batch = await persist(async () => await find(work, key), { clock, forMs: outageMs, stop })
    await tell(batch).catch(() => undefined)
    const { waiting, running } = batch.counts
    const nowMs = clock.now()
    const ending = cancel.aborted
      ? 'cancel'
      : nowMs >= batch.endsAtMs || batch.failure !== undefined
        ? 'drain'
        : undefined
    if (waiting + running === 0) break
    if (ending !== undefined) {
      closedAtMs ??= nowMs
      await persist(async () => await stores.batches.close(key, ending), { clock, forMs: outageMs, stop })
      if (nowMs > Math.max(closedAtMs, ending === 'drain' ? batch.endsAtMs : 0) + graceMs + limits.answerMs) break
    }
    await pause(waitMs, ending === undefined ? [stop, cancel] : [stop])
    waitMs = Math.min(lookMs.last, 2 * waitMs)
  }
  await stores.batches.close(key, 'end')
  await board.settled(key)
  const batch = await find(work, key)
  await tell(batch)
  return batch
}

async function find({ services }: Work, key: BatchKey): Promise<Batch> {
  const batch = await services.stores.batches.get(key)
  if (batch === undefined) throw new OperationError('internal', 'the batch is not in the store')
  return batch
}

async function pause(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  const signal = AbortSignal.any([AbortSignal.timeout(ms), ...signals])
  await raceSignal(new Promise<never>(() => undefined), signal).catch(() => undefined)
}

/** Tells how far it is, and why it does not go on, whenever that is news. */
function createProgress({ services, organization, run }: Work): (batch: Batch) => Promise<void> {
  let told = ''
  return async ({ counts, total, hindrance }) => {
    const done = total - counts.waiting - counts.running
    const paused = hindrance !== undefined && counts.running === 0 && counts.waiting > 0
    const note = paused ? `paused: ${hindrance.message}` : counts.dead > 0 ? `${counts.dead} failed` : undefined
    const news = `${done} ${note ?? ''}`
    if (news === told || (done === 0 && note === undefined)) return
    told = news
    const event = { type: 'progress', atMs: services.clock.now(), done, total } as const
    await services.stores.events.append(organization, run, [note === undefined ? event : { ...event, note }])
  }
}
