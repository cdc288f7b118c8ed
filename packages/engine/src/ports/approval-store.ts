import type { Approval, ApprovalId, OrganizationId } from '@caisson/core'

export interface ApprovalStore {
  /** Stores a new one. An id that exists already is an `OperationError` `conflict`. */
  readonly create: (approval: Approval) => Promise<void>
  readonly get: (organization: OrganizationId, id: ApprovalId) => Promise<Approval | undefined>
  /** Newest first, at most 200. */
  readonly list: (
    organization: OrganizationId,
    query?: { readonly state?: Approval['state'] | undefined },
  ) => Promise<readonly Approval[]>
  /** Moves from one state to another; `undefined` when it is not in `from`. Atomic, so that a grant is used once. */
  readonly transition: (
    organization: OrganizationId,
    id: ApprovalId,
    change: {
      readonly from: Approval['state']
      readonly to: Approval['state']
      readonly decidedBy?: string | undefined
      readonly reason?: string | undefined
    },
  ) => Promise<Approval | undefined>
}
