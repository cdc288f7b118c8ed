import {
  type Artifact,
  type ErrorData,
  isOperationError,
  type ProcessOutcome,
  type Run,
  type RunStatus,
  toErrorData,
  type Usage,
} from '@caisson/core'
import { release } from '../leases/release.ts'
import type { AuditEvent } from '../ports/audit-store.ts'
import { moveApproval } from '../ports/approval-store.ts'
import type { RunnerResult } from '../runners/runner.ts'
import type { Work } from '../work.ts'
import { removeShare } from './share.ts'

/** Ends the run: gives back what it still holds, reckons what it used, and tells the audit log and the trace. */
export async function settle(work: Work, result: RunnerResult | { readonly thrown: unknown }): Promise<Run> {
  const { services, organization } = work
  await work.output.flush().catch(() => undefined)
  const usage = await releaseAll(work)
  const ending = 'thrown' in result ? endingOfError(work, result.thrown) : endingOf(work, result)
  await withdrawQuestion(work)
  const finishedAtMs = services.clock.now()
  const { requester, run: before } = work.handle.record()
  const audit: AuditEvent = {
    organization,
    run: before.id,
    atMs: finishedAtMs,
    action: 'run.finished',
    actor: requester.agent,
    decision: before.decision?.id,
    details: {
      status: ending.status,
      ...(ending.outcome === undefined ? {} : { outcome: ending.outcome.kind }),
      ...(ending.error === undefined ? {} : { error: ending.error.code }),
      leasedMs: usage.leasedMs,
      costUsd: usage.costUsd,
      trace: work.span.traceId,
    },
  }
  const run = await work.handle.transition(
    ending.status,
    ({ outcome: _outcome, value: _value, error: _error, ...rest }) => ({ ...rest, ...ending, usage, finishedAtMs }),
    { claim: null, audit },
  )
  await services.tell({ type: 'run.finished', organization, atMs: finishedAtMs, run })
  return run
}

/** Nobody needs to answer for a run that is over. */
async function withdrawQuestion({ services, handle, organization }: Work): Promise<void> {
  const { approval } = handle.record()
  if (approval === undefined) return
  await moveApproval(services.stores.approvals, { organization, id: approval }, { from: 'pending', to: 'expired' })
}

/** Leases that are still open are those of an interruption: what goes well is released as soon as it is no longer needed. */
async function releaseAll(work: Work): Promise<Usage> {
  const { leases } = work.services.stores
  const mine = await leases.listByRun(work.organization, work.run)
  const open = mine.filter(({ endedAtMs }) => endedAtMs === undefined)
  await Promise.all(open.map(async (lease) => await release(work, { lease, keep: false })))
  const ended = open.length === 0 ? mine : await leases.listByRun(work.organization, work.run)
  await removeShare(work, ended)
  return {
    leasedMs: ended.reduce(
      (total, { sandbox, startedAtMs, endedAtMs = startedAtMs }) =>
        sandbox === undefined ? total : total + Math.max(0, endedAtMs - startedAtMs),
      0,
    ),
    costUsd: ended.reduce((total, { costUsd = 0 }) => total + costUsd, 0),
  }
}

interface Ending {
  readonly status: RunStatus
  readonly outcome?: ProcessOutcome
  readonly value?: Exclude<Run['value'], undefined>
  readonly artifacts: Artifact[]
  readonly error?: ErrorData
}

function endingOf(work: Work, { succeeded, outcome, value, artifacts, error }: RunnerResult): Ending {
  const cancelled = work.cancel.aborted && (outcome === undefined ? !succeeded : outcome.kind === 'cancelled')
  return {
    status: cancelled ? 'cancelled' : succeeded ? 'succeeded' : 'failed',
    ...(outcome === undefined ? {} : { outcome }),
    value,
    artifacts: [...artifacts],
    ...(error === undefined ? {} : { error }),
  }
}

function endingOfError(work: Work, thrown: unknown): Ending {
  const data = toErrorData(thrown)
  // The message of what nobody expected may hold anything, so it goes to the log and not to the run.
  const unexpected = data.code === 'internal' && !isOperationError(thrown)
  if (unexpected) work.services.logger.warn({ run: work.run, error: thrown }, 'a run failed for an unexpected reason')
  const error = unexpected ? { ...data, message: 'an unexpected failure; the log of the engine has the cause' } : data
  return { status: statusOfError(work, data), artifacts: [], error }
}

function statusOfError(work: Work, { kind, code }: ErrorData): RunStatus {
  if (work.cancel.aborted && (code === 'cancelled' || kind === 'sandbox')) return 'cancelled'
  if (kind === 'operation' && (code === 'denied' || code === 'approval-denied' || code === 'approval-expired')) {
    return 'denied'
  }
  return 'failed'
}
