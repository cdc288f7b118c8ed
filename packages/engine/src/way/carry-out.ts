import { type Decision, type Run } from '@caisson/core'
import { derive, permittedOperation } from '@caisson/router'
import { decisionSpan, endDecisionSpan } from '../trace-decision.ts'
import type { AuditEvent } from '../ports/audit-store.ts'
import type { Work } from '../work.ts'
import { approve } from './approve.ts'
import { decisionInput } from './decide.ts'
import { denial } from './denial.ts'
import { execute } from './execute.ts'
import { settle } from './settle.ts'
import { withElsewhere } from './with-elsewhere.ts'

/** The way of an operation from here to its end, or to the question that a person has to answer. */
export async function carryOut(work: Work): Promise<Run> {
  try {
    work.cancel.throwIfAborted()
    const decision = await decideOnce(work)
    if (decision.placement.kind === 'denied') throw denial(decision)
    if ((await approve(work, decision)) === 'waiting') return work.handle.record().run
    if (work.handle.record().run.status !== 'running') await work.handle.transition('running')
    const permitted = { ...work, operation: permittedOperation(work.operation, decision) }
    return await settle(work, await execute(permitted, decision))
  } catch (thrown) {
    if (work.stop.aborted) throw thrown
    return await settle(work, { thrown })
  }
}

/** A decision is made once. A run that was interrupted keeps its own. */
async function decideOnce(work: Work): Promise<Decision> {
  const { services, handle, organization, operation } = work
  const known = handle.record().run.decision
  if (known !== undefined) return known
  const span = work.span.startSpan(decisionSpan(operation))
  try {
    const decision = withElsewhere(derive(await decisionInput(services, organization, operation)), operation.resources)
    const decided = (run: Run): Run => ({ ...run, decision })
    const told = { audit: auditOf(work, decision) }
    // What nobody else has to agree to is decided and begun at once.
    if (decision.approval === 'none' && decision.placement.kind !== 'denied') {
      await handle.transition('running', decided, told)
    } else await handle.change(decided, told)
    endDecisionSpan(span, decision)
    return decision
  } catch (error) {
    span.end({ level: 'error', statusMessage: error instanceof Error ? error.message : String(error) })
    throw error
  }
}

function auditOf({ organization, run, handle }: Work, decision: Decision): AuditEvent {
  const { placement, reasons, policy } = decision
  return {
    organization,
    run,
    atMs: decision.decidedAtMs,
    action: 'run.decided',
    actor: handle.record().requester.agent,
    decision: decision.id,
    details: {
      placement: placement.kind,
      ...(placement.kind === 'sandbox' ? { adapter: placement.adapter } : {}),
      reason: reasons[0]?.code ?? '',
      policy: policy.hash,
    },
  }
}
