import { type Approval, approvalIdSchema, OperationError, parseOrThrow } from '@caisson/core'
import type { Engine, RunContext, Verdict } from './engine.ts'
import type { AuditEvent } from './ports/audit-store.ts'
import type { Services } from './services.ts'
import { parseOrganization } from './submit.ts'
import type { RunKey } from './worker.ts'

export interface ApprovalDesk {
  readonly approvals: Engine['approvals']
  /** Goes on with a run that waits for an approval as soon as it is answered or too late. */
  readonly watch: (key: RunKey) => Promise<void>
  readonly close: () => void
}

const maxTimerMs = 2 ** 31 - 1

/** Where people answer. `goOn` is called for each run whose waiting is over. */
export function createApprovalDesk(
  { stores, clock }: Pick<Services, 'stores' | 'clock'>,
  goOn: (key: RunKey) => Promise<void>,
): ApprovalDesk {
  const timers = new Map<string, NodeJS.Timeout>()

  const answer = async (
    approvalId: string,
    context: RunContext,
    to: 'granted' | 'denied',
    { by, reason }: Verdict,
  ): Promise<Approval> => {
    const organization = parseOrganization(context)
    const id = parseOrThrow(approvalIdSchema, approvalId, 'approval-not-found', 'approval')
    const approval = await stores.approvals.get(organization, id)
    if (approval === undefined) throw new OperationError('approval-not-found', `there is no approval ${approvalId}`)
    const key = { organization, run: approval.run }
    if (approval.state === 'pending' && approval.expiresAtMs <= clock.now()) {
      await stores.approvals.transition(organization, id, { from: 'pending', to: 'expired' })
      await goOn(key)
      throw new OperationError('approval-expired', `approval ${id} expired before it was answered`)
    }
    const answered = await stores.approvals.transition(organization, id, {
      from: 'pending',
      to,
      decidedBy: by,
      reason,
    })
    if (answered === undefined) {
      throw new OperationError('conflict', `approval ${id} is ${approval.state} already`, { field: 'approvalId' })
    }
    const event: AuditEvent = {
      organization,
      run: approval.run,
      atMs: clock.now(),
      action: to === 'granted' ? 'approval.granted' : 'approval.denied',
      actor: by,
      decision: approval.decision,
      details: { approval: id, binding: approval.bindingHash },
    }
    await stores.audit.append(event)
    await goOn(key)
    return answered
  }

  return {
    approvals: {
      list: async (context, query) => await stores.approvals.list(parseOrganization(context), query),
      grant: async (id, context, verdict) => await answer(id, context, 'granted', verdict),
      deny: async (id, context, verdict) => await answer(id, context, 'denied', verdict),
    },
    watch: async (key) => {
      const record = await stores.runs.get(key.organization, key.run)
      if (record?.run.status !== 'awaiting-approval' || record.approval === undefined) return
      const approval = await stores.approvals.get(key.organization, record.approval)
      if (approval?.state !== 'pending') {
        await goOn(key)
        return
      }
      const id = `${key.organization}/${key.run}`
      clearTimeout(timers.get(id))
      const timer = setTimeout(
        () => {
          timers.delete(id)
          void goOn(key)
        },
        Math.min(maxTimerMs, Math.max(0, approval.expiresAtMs - clock.now()) + 1),
      )
      timers.set(id, timer.unref())
    },
    close: () => {
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
    },
  }
}
