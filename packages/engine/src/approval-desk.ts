import { type Approval, approvalIdSchema, OperationError, parseOrThrow } from '@caisson/core'
import type { Engine, RunContext, Verdict } from './engine.ts'
import { moveApproval } from './ports/approval-store.ts'
import type { AuditEvent } from './ports/audit-store.ts'
import type { Services } from './services.ts'
import { parseOrganization } from './submit.ts'
import type { RunKey } from './worker.ts'

export interface ApprovalDesk {
  readonly approvals: Engine['approvals']
  /** Goes on with a run that waits for an approval as soon as it is answered or too late, and tells again what nobody answers. */
  readonly watch: (key: RunKey) => Promise<void>
  readonly close: () => void
}

const maxTimerMs = 2 ** 31 - 1

/** Where people answer. `goOn` is called for each run whose waiting is over. */
export function createApprovalDesk(
  { stores, clock, tell, logger }: Pick<Services, 'stores' | 'clock' | 'tell' | 'logger'>,
  goOn: (key: RunKey) => Promise<void>,
): ApprovalDesk {
  const timers = new Map<string, NodeJS.Timeout>()

  const record = async (action: AuditEvent['action'], approval: Approval, actor?: string): Promise<void> => {
    const { organization, run, decision, id, bindingHash, people = 1, grants = [] } = approval
    await stores.audit.append({
      organization,
      run,
      atMs: clock.now(),
      action,
      ...(actor === undefined ? {} : { actor }),
      decision,
      details: { approval: id, binding: bindingHash, people, granted: grants.length },
    })
  }

  const answer = async (
    approvalId: string,
    context: RunContext,
    give: (approval: Approval) => Approval,
    { by }: Verdict,
  ): Promise<Approval> => {
    const organization = parseOrganization(context)
    const id = parseOrThrow(approvalIdSchema, approvalId, 'approval-not-found', 'approval')
    const approval = await stores.approvals.get(organization, id)
    if (approval === undefined) throw new OperationError('approval-not-found', `there is no approval ${approvalId}`)
    const key = { organization, run: approval.run }
    if (approval.state === 'pending' && approval.expiresAtMs <= clock.now()) {
      await moveApproval(stores.approvals, approval, { from: 'pending', to: 'expired' })
      await goOn(key)
      throw new OperationError('approval-expired', `approval ${id} expired before it was answered`)
    }
    let found = approval.state
    const answered = await stores.approvals.update(organization, id, (current) => {
      found = current.state
      return current.state === 'pending' ? give(current) : undefined
    })
    if (answered === undefined) {
      throw new OperationError('conflict', `approval ${id} is ${found} already`, { field: 'approvalId' })
    }
    await record(answered.state === 'denied' ? 'approval.denied' : 'approval.granted', answered, by)
    if (answered.state === 'pending') return answered
    const type = answered.state === 'denied' ? 'approval.denied' : 'approval.granted'
    await tell({ type, organization, atMs: clock.now(), approval: answered })
    await goOn(key)
    return answered
  }

  const escalate = async ({ organization, id }: Approval): Promise<void> => {
    const nowMs = clock.now()
    const escalated = await stores.approvals.update(organization, id, (current) =>
      current.state === 'pending' && current.escalatedAtMs === undefined
        ? { ...current, escalatedAtMs: nowMs }
        : undefined,
    )
    // Another engine was first.
    if (escalated === undefined) return
    await record('approval.escalated', escalated)
    await tell({ type: 'approval.escalated', organization, atMs: nowMs, approval: escalated })
  }

  const watch = async (key: RunKey): Promise<void> => {
    const stored = await stores.runs.get(key.organization, key.run)
    if (stored?.run.status !== 'awaiting-approval' || stored.approval === undefined) return
    const approval = await stores.approvals.get(key.organization, stored.approval)
    if (approval?.state !== 'pending') {
      await goOn(key)
      return
    }
    const { expiresAtMs, escalatesAtMs, escalatedAtMs } = approval
    const isDue = escalatesAtMs !== undefined && escalatedAtMs === undefined && escalatesAtMs < expiresAtMs
    const id = `${key.organization}/${key.run}`
    const atMs = isDue ? escalatesAtMs : expiresAtMs
    const next = async () => {
      if (!isDue) return await goOn(key)
      await escalate(approval)
      await watch(key)
    }
    clearTimeout(timers.get(id))
    const timer = setTimeout(
      () => {
        timers.delete(id)
        next().catch((error: unknown) => logger.warn({ error, run: key.run }, 'an approval could not be looked after'))
      },
      Math.min(maxTimerMs, Math.max(0, atMs - clock.now()) + 1),
    )
    timers.set(id, timer.unref())
  }

  return {
    approvals: {
      list: async (context, query) => await stores.approvals.list(parseOrganization(context), query),
      show: async (approvalId, context) => {
        const organization = parseOrganization(context)
        const id = parseOrThrow(approvalIdSchema, approvalId, 'approval-not-found', 'approval')
        const approval = await stores.approvals.get(organization, id)
        const stored = approval === undefined ? undefined : await stores.runs.get(organization, approval.run)
        if (approval === undefined || stored === undefined) {
          throw new OperationError('approval-not-found', `there is no approval ${approvalId}`)
        }
        return { approval, decision: stored.run.decision, operation: stored.operation }
      },
      grant: async (id, context, verdict) =>
        await answer(id, context, (approval) => grant(approval, verdict, clock.now()), verdict),
      deny: async (id, context, verdict) =>
        await answer(id, context, (approval) => ({ ...approval, state: 'denied', ...signed(verdict) }), verdict),
    },
    watch,
    close: () => {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}

/** One more who agrees, and with that perhaps the last one needed. */
function grant(approval: Approval, verdict: Verdict, atMs: number): Approval {
  const { people = 1, requestedBy, requesterName = requestedBy, grants = [] } = approval
  const { by, name, reason } = verdict
  const person = known(name ?? by)
  if (people > 1 && requesterName !== undefined && known(requesterName) === person) {
    throw new OperationError('forbidden', `${by} asked for this, so two others have to agree`, { field: 'by' })
  }
  if (grants.some((one) => known(one.name ?? one.by) === person)) {
    throw new OperationError('conflict', `${by} has agreed already, and somebody else has to as well`, {
      field: 'by',
      remedy: 'people are told apart by the names of their keys: give each a name of their own',
    })
  }
  const all = [
    ...grants,
    { by, ...(name === undefined ? {} : { name }), ...(reason === undefined ? {} : { reason }), atMs },
  ]
  if (all.length < people) return { ...approval, grants: all }
  return {
    ...approval,
    grants: all,
    state: 'granted',
    ...signed({ by: all.map((one) => one.by).join(' and '), reason }),
  }
}

/** A name as people read it: who writes their own in another way is no second person. */
function known(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase()
}

function signed({ by, reason }: Verdict): Pick<Approval, 'decidedBy' | 'reason'> {
  return { decidedBy: by, ...(reason === undefined ? {} : { reason }) }
}
