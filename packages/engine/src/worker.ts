import { isFinal, OperationError, type OrganizationId, type Run, type RunId, toErrorData } from '@caisson/core'
import { bulkhead } from 'cockatiel'
import type { RunRecord } from './ports/run-store.ts'
import { createOutputLog } from './runs/output-log.ts'
import { createRunHandle } from './runs/run-handle.ts'
import { Stopped } from './runs/stopped.ts'
import type { Services } from './services.ts'
import { startTrace } from './start-trace.ts'
import { carryOut } from './way/carry-out.ts'

export interface RunKey {
  readonly organization: OrganizationId
  readonly run: RunId
}

/** Carries runs out in the background: claims them, keeps the claims alive, and lets go of them. */
export interface Worker {
  /**
   * Claims the run, unless it is `claimed` already, and goes on with it. `undefined` when it is somebody else's, or over. Resolves as
   * soon as the run is claimed; `ending` as below.
   */
  readonly takeUp: (key: RunKey, claimed?: RunRecord) => Promise<{ readonly ending: Ending } | undefined>
  /** Absent when the run is not carried out here. */
  readonly ending: (key: RunKey) => Ending | undefined
  /** Cancels the run if it is carried out here. */
  readonly cancel: (key: RunKey) => Ending | undefined
  /** Renews all claims. Notices what other engines did: cancelled a run, or took it over. */
  readonly renew: () => Promise<void>
  /** Ends the work on all runs: cancels them, or leaves them to be taken over. */
  readonly close: (what: 'cancel' | 'leave') => Promise<void>
}

/** Resolves with the run as it is stored when it is final, waits for an approval, or was given up. Absent: it was never begun. */
type Ending = Promise<Run | undefined>

interface Active {
  readonly key: RunKey
  readonly cancel: AbortController
  readonly stop: AbortController
  ending: Ending
}

export function createWorker(services: Services): Worker {
  const { stores, clock, limits, ownerId, logger } = services
  const active = new Map<string, Active>()
  const room = bulkhead(limits.concurrentRuns, Number.POSITIVE_INFINITY)
  const keyOf = ({ organization, run }: RunKey) => `${organization}/${run}`
  const nothing: Ending = Promise.resolve(undefined)
  let closed = false

  const claim = async ({ organization, run }: RunKey) => {
    const nowMs = clock.now()
    return await stores.runs.claim(organization, run, { owner: ownerId, untilMs: nowMs + limits.claimMs, nowMs })
  }

  /** So that others need not wait until the claim is over. */
  const giveUp = async ({ organization, run }: RunKey) => {
    const record = await stores.runs.get(organization, run)
    if (record?.claim?.owner !== ownerId || isFinal(record.run.status)) return
    await stores.runs.update(record, { claim: null })
  }

  const carry = async (record: RunRecord, { cancel, stop }: Active): Promise<Run> => {
    const { organization, id: run } = record.run
    const handle = createRunHandle(stores.runs, { claimed: record, owner: ownerId, now: () => clock.now() })
    const trace = startTrace(services.sink, record)
    try {
      const ended = await carryOut({
        services,
        handle,
        run,
        organization,
        operation: record.operation,
        resumed: record.run.status === 'running',
        output: createOutputLog({
          events: stores.events,
          organization,
          run,
          clock,
          keptBytes: limits.keptOutputBytes,
        }),
        span: trace.span,
        cancel: cancel.signal,
        stop: stop.signal,
      })
      trace.end(ended)
    } catch (error) {
      trace.end(handle.record().run)
      if (!(error instanceof Stopped) && !stop.signal.aborted) {
        logger.warn({ run, error: toErrorData(error) }, 'the work on a run broke off; recovery will find it')
      }
    }
    return handle.record().run
  }

  const takeUp: Worker['takeUp'] = async (key, claimed) => {
    const id = keyOf(key)
    // A run that gives itself up right now, to wait for an approval, can be taken up again after that.
    await active.get(id)?.ending
    if (closed || active.has(id)) return undefined
    const work: Active = { key, cancel: new AbortController(), stop: new AbortController(), ending: nothing }
    active.set(id, work)
    const record =
      claimed ??
      (await claim(key).catch((error: unknown) => {
        active.delete(id)
        throw error
      }))
    if (record === undefined) {
      active.delete(id)
      return undefined
    }
    if (record.cancelRequested) work.cancel.abort(cancellation())
    work.ending = room
      .execute(async () => await carry(record, work))
      .finally(() => {
        active.delete(id)
      })
    return { ending: work.ending }
  }

  return {
    takeUp,
    ending: (key) => active.get(keyOf(key))?.ending,
    cancel: (key) => {
      const work = active.get(keyOf(key))
      work?.cancel.abort(cancellation())
      return work?.ending
    },
    renew: async () => {
      await stores.owners.beat(ownerId, clock.now() + limits.claimMs)
      await Promise.all(
        [...active.values()].map(async ({ key, cancel, stop }) => {
          const record = await claim(key)
          if (record === undefined) stop.abort(new Stopped('somebody else has the run'))
          else if (record.cancelRequested) cancel.abort(cancellation())
          // It may have given itself up meanwhile, to wait for an approval.
          if (record !== undefined && !active.has(keyOf(key))) await giveUp(key)
        }),
      )
    },
    close: async (what) => {
      closed = true
      const works = [...active.values()]
      for (const { cancel, stop } of works) {
        if (what === 'cancel') cancel.abort(cancellation())
        else stop.abort(new Stopped('the engine closes'))
      }
      await Promise.all(works.map(async ({ ending }) => await ending))
      if (what === 'leave') await Promise.all(works.map(async ({ key }) => await giveUp(key)))
    },
  }
}

function cancellation(): OperationError {
  return new OperationError('cancelled', 'the run was cancelled')
}
