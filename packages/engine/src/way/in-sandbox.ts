import { type AgentSandbox, type Decision, OperationError, SandboxError, toErrorData } from '@caisson/core'
import { eventNames, type Span, spanNames } from '@caisson/tracing'
import { createGoesElsewhere, sandboxFailed } from '../adapters/goes-elsewhere.ts'
import type { Acquired } from '../leases/lease-log.ts'
import { release } from '../leases/release.ts'
import { resumeLease } from '../leases/resume-lease.ts'
import { throwIfStopped } from '../runs/stopped.ts'
import type { Work } from '../work.ts'
import { type Source, sourcesOf } from './acquire.ts'

/** What a runner gets to work with. */
export interface Workplace {
  readonly sandbox: AgentSandbox
  /** What came before an interruption may still run in here. */
  readonly resumed: boolean
  /** When the sandbox came to this run, milliseconds since the epoch. */
  readonly sinceMs: number
  /** Says that from now on nothing may be repeated elsewhere. */
  readonly begin: () => void
  readonly span: Span
}

export interface InSandboxOptions {
  /** Tells the sandboxes of one run apart. */
  readonly slot: string
  /** Whether the whole thing may be done again after an interruption in which its sandbox was lost. */
  readonly repeatable: boolean
}

/**
 * Does something in a sandbox, and gives the sandbox back. A sandbox that cannot be had, or fails before `begin`, is replaced by the
 * next one in order; every failure is recorded as an attempt under the same decision.
 */
export async function inSandbox<Value>(
  work: Work,
  decision: Decision,
  { slot, repeatable }: InSandboxOptions,
  use: (workplace: Workplace) => Promise<Value>,
): Promise<Value> {
  const resumed = await resumeLease(work, slot)
  if (resumed === 'gone' && !repeatable) {
    throw new OperationError('interrupted', 'the engine was interrupted, and the sandbox of the run is gone', {
      remedy: 'submit the operation again',
    })
  }
  if (resumed !== undefined && resumed !== 'gone') return await useAndRelease(work, resumed, use, () => undefined)

  let failure: unknown
  for (const source of sourcesOf(work, decision, slot)) {
    throwIfStopped(work.stop)
    work.cancel.throwIfAborted()
    const acquired = await tryToAcquire(work, decision, source)
    if (acquired === undefined) continue
    if ('failure' in acquired) {
      failure = acquired.failure
      if (!createGoesElsewhere(failure)) break
      continue
    }
    let begun = false
    try {
      return await useAndRelease(work, acquired, use, () => {
        begun = true
      })
    } catch (error) {
      if (begun || work.stop.aborted || work.cancel.aborted || !sandboxFailed(error)) throw error
      failure = error
      await recordFailure(work, source.adapter, error)
    }
  }
  throw failure ?? new SandboxError('unavailable', 'engine', 'no adapter of the decision is there any more')
}

async function tryToAcquire(
  work: Work,
  decision: Decision,
  source: Source,
): Promise<Acquired | { readonly failure: unknown } | undefined> {
  const { placement } = decision
  const span = work.span.startSpan({
    name: spanNames.acquire,
    type: 'span',
    metadata: {
      adapter: source.adapter,
      isolation: decision.candidates.find(({ adapter }) => adapter === source.adapter)?.isolation,
      template: work.operation.template,
      egress_asked: work.operation.egress.length,
      egress_granted:
        placement.kind === 'sandbox' && placement.egress?.mode === 'allow' ? placement.egress.rules.length : 0,
    },
  })
  try {
    const acquired = await source.acquire()
    span.end({
      output: acquired === undefined ? 'none' : { sandbox: acquired.sandbox.id, acquired: acquired.acquired },
    })
    return acquired
  } catch (error) {
    span.end({ level: 'warning', statusMessage: toErrorData(error).message })
    if (work.stop.aborted || work.cancel.aborted) throw error
    await recordFailure(work, source.adapter, error)
    return { failure: error }
  }
}

async function recordFailure(work: Work, adapter: string, error: unknown): Promise<void> {
  const data = toErrorData(error)
  work.span.event({ name: eventNames.failover, level: 'warning', metadata: { adapter, code: data.code } })
  await work.handle.addAttempt({ adapter, startedAtMs: work.services.clock.now(), error: data })
}

async function useAndRelease<Value>(
  work: Work,
  { lease, sandbox, resumed }: Acquired,
  use: (workplace: Workplace) => Promise<Value>,
  begin: () => void,
): Promise<Value> {
  const span = work.span.startSpan({
    name: spanNames.exec,
    type: 'span',
    metadata: { adapter: lease.adapter, sandbox: sandbox.id, slot: lease.slot, resumed },
  })
  using _denials = work.services.egress.listen(sandbox.id, ({ host, port, reason }) =>
    span.event({ name: eventNames.egressDenied, level: 'warning', metadata: { host, port, reason } }),
  )
  let keep = false
  try {
    const value = await use({ sandbox: sandbox.restricted(), resumed, sinceMs: lease.startedAtMs, begin, span })
    keep = work.operation.session !== undefined
    return value
  } catch (error) {
    const { code, message } = toErrorData(error)
    span.end({ level: 'error', statusMessage: message, metadata: { errorCode: code } })
    throw error
  } finally {
    span.end()
    if (work.stop.aborted) await sandbox.detach().catch(() => undefined)
    else await release(work, { lease, sandbox, keep })
  }
}
