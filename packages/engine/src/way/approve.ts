import { createHash } from 'node:crypto'
import {
  type Approval,
  type ApprovalId,
  approvalIdSchema,
  type Decision,
  isOperationError,
  OperationError,
} from '@caisson/core'
import { operationHash } from '@caisson/router'
import { moveApproval } from '../ports/approval-store.ts'
import type { Work } from '../work.ts'

/**
 * Asks a person, when the decision says so. `waiting`: the question is stored and the run has been given up until it is answered;
 * whoever takes it up then comes here again. A denial and an expiry are thrown.
 */
export async function approve(work: Work, decision: Decision): Promise<'granted' | 'waiting'> {
  if (decision.approval === 'none' || decision.placement.kind === 'denied') return 'granted'
  const { approvals } = work.services.stores
  const approval = (await approvals.get(work.organization, approvalIdOf(work))) ?? (await ask(work, decision))
  // Also of one that is there already: whoever made it may have died before it told anybody.
  if (approval.state === 'pending' && approval.escalatedAtMs === undefined) await tellOf(work, approval)
  if (approval.bindingHash !== bindingHashOf(work, decision)) {
    throw new OperationError('forbidden', `approval ${approval.id} is for another operation or decision`)
  }
  switch (approval.state) {
    case 'pending':
      return await wait(work, approval)
    case 'granted':
      return await use(work, approval)
    case 'used':
      // Used by this very run, whose engine died before or after it went on: the id is the run's own.
      if (work.resumed || work.handle.record().run.status === 'awaiting-approval') return 'granted'
      throw new OperationError('conflict', `approval ${approval.id} was used before`)
    case 'denied':
      throw new OperationError(
        'approval-denied',
        `denied by ${approval.decidedBy ?? 'nobody'}${approval.reason === undefined ? '' : `: ${approval.reason}`}`,
      )
    case 'expired':
      throw new OperationError('approval-expired', 'nobody answered in time', { remedy: 'submit the operation again' })
  }
}

/** One approval per run, so that a run which is started again finds its own. */
function approvalIdOf({ organization, run }: Pick<Work, 'organization' | 'run'>): ApprovalId {
  const hash = createHash('sha256')
    .update(JSON.stringify([organization, run]))
    .digest('hex')
  return approvalIdSchema.parse(`apr${hash.slice(0, 32)}`)
}

function bindingHashOf({ operation }: Work, { kind, placement, policy }: Decision): string {
  return createHash('sha256')
    .update(JSON.stringify([kind, operationHash(operation), placement, policy.hash]))
    .digest('hex')
}

async function ask(work: Work, decision: Decision): Promise<Approval> {
  const { clock, limits, stores } = work.services
  const nowMs = clock.now()
  const { approvalTerms: terms } = decision
  const { agent, agentName } = work.handle.record().requester
  const approval: Approval = {
    id: approvalIdOf(work),
    organization: work.organization,
    run: work.run,
    decision: decision.id,
    kind: work.operation.kind,
    bindingHash: bindingHashOf(work, decision),
    summary: summarize(work, decision),
    state: 'pending',
    requestedAtMs: nowMs,
    expiresAtMs: nowMs + Math.min(terms?.expiresAfterMs ?? limits.approvalMs, limits.approvalMs),
    people: terms?.people ?? 1,
    ...(agent === undefined ? {} : { requestedBy: agent }),
    ...(agentName === undefined ? {} : { requesterName: agentName }),
    ...(terms?.escalateAfterMs === undefined ? {} : { escalatesAtMs: nowMs + terms.escalateAfterMs }),
  }
  try {
    await stores.approvals.create(approval)
    return approval
  } catch (error) {
    const existing = isOperationError(error) ? await stores.approvals.get(work.organization, approval.id) : undefined
    if (existing === undefined) throw error
    return existing
  }
}

async function tellOf({ services, organization }: Work, approval: Approval): Promise<void> {
  await services.tell({ type: 'approval.requested', organization, atMs: approval.requestedAtMs, approval })
}

function summarize({ operation }: Work, { placement, reasons }: Decision): string {
  const where = placement.kind === 'sandbox' ? `in a sandbox of ${placement.adapter}` : 'on the host'
  const what =
    operation.kind === 'entity.write'
      ? `write ${operation.input.entity} ${operation.input.id}`
      : operation.kind === 'database.read'
        ? `query ${operation.input.query}`
        : operation.kind === 'tool.call'
          ? `call the tool ${operation.input.tool}`
          : operation.kind
  return `${what} ${where}: ${reasons[0]?.text ?? ''}`
}

async function wait(work: Work, approval: Approval): Promise<'granted' | 'waiting'> {
  const { clock, stores } = work.services
  if (approval.expiresAtMs <= clock.now()) {
    await moveApproval(stores.approvals, approval, { from: 'pending', to: 'expired' })
    throw new OperationError('approval-expired', 'nobody answered in time', { remedy: 'submit the operation again' })
  }
  const rest = { approval: approval.id, claim: null }
  if (work.handle.record().run.status === 'awaiting-approval') await work.handle.change((run) => run, rest)
  else await work.handle.transition('awaiting-approval', undefined, rest)
  return 'waiting'
}

async function use(work: Work, approval: Approval): Promise<'granted'> {
  const { approvals } = work.services.stores
  const used = await moveApproval(approvals, approval, { from: 'granted', to: 'used' })
  if (used === undefined) throw new OperationError('conflict', `approval ${approval.id} was used before`)
  return 'granted'
}
