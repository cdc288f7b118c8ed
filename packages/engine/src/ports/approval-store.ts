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
  /**
   * Puts what `change` makes of it in its place, with nobody else in between, so that a grant is used once. When `change` gives `undefined`, or there is
   * none, nothing happens and the answer is `undefined`. What `change` throws is passed on, and nothing happens either.
   */
  readonly update: (
    organization: OrganizationId,
    id: ApprovalId,
    change: (approval: Approval) => Approval | undefined,
  ) => Promise<Approval | undefined>
}

/** Moves an approval from one state to another; `undefined` when it is not in the first. */
export async function moveApproval(
  approvals: ApprovalStore,
  { organization, id }: Pick<Approval, 'organization' | 'id'>,
  { from, to }: { readonly from: Approval['state']; readonly to: Approval['state'] },
): Promise<Approval | undefined> {
  return await approvals.update(organization, id, (approval) =>
    approval.state === from ? { ...approval, state: to } : undefined,
  )
}
