import type { Decision, OrganizationId, RunId } from '@caisson/core'

/** Something that must be accountable later. Carries no input and no output of an operation. */
export interface AuditEvent {
  readonly organization: OrganizationId
  /** Absent: it belongs to no run. */
  readonly run?: RunId | undefined
  readonly atMs: number
  readonly action:
    | 'run.submitted'
    | 'run.decided'
    | 'approval.granted'
    | 'approval.escalated'
    | 'approval.denied'
    | 'run.cancelled'
    | 'run.finished'
    | 'sandbox.opened'
    | 'sandbox.closed'
    | 'lease.closed-by-sweeper'
    | 'key.created'
    | 'key.rotated'
    | 'key.revoked'
    | 'policy.stored'
    | 'policy.chosen'
    | 'hook.created'
    | 'hook.removed'
    | 'quota.set'
    | 'budget.set'
    | 'budget.warning'
  /** The agent or person that acted. */
  readonly actor?: string | undefined
  readonly decision?: Decision['id'] | undefined
  /** Short facts: placement, status, reason code, cost. */
  readonly details: Readonly<Record<string, string | number | boolean>>
}

export interface AuditStore {
  /** Append only. */
  readonly append: (event: AuditEvent) => Promise<void>
  /** Newest first, at most `limit` (default 100). */
  readonly list: (
    organization: OrganizationId,
    query?: { readonly run?: RunId | undefined; readonly limit?: number | undefined },
  ) => Promise<readonly AuditEvent[]>
}
