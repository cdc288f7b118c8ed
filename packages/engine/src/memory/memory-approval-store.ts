import { type Approval, OperationError } from '@caisson/core'
import type { ApprovalStore } from '../ports/approval-store.ts'

export function createMemoryApprovalStore(): ApprovalStore {
  const approvals = new Map<string, Approval>()
  return {
    create: async (approval) => {
      const key = `${approval.organization}/${approval.id}`
      if (approvals.has(key)) throw new OperationError('conflict', `approval ${approval.id} exists`, { field: 'id' })
      approvals.set(key, approval)
    },
    get: async (organization, id) => approvals.get(`${organization}/${id}`),
    list: async (organization, { state } = {}) =>
      [...approvals.values()]
        .filter((approval) => approval.organization === organization && (state ?? approval.state) === approval.state)
        .toReversed()
        .slice(0, 200),
    update: async (organization, id, change) => {
      const approval = approvals.get(`${organization}/${id}`)
      const next = approval === undefined ? undefined : change(approval)
      if (next !== undefined) approvals.set(`${organization}/${id}`, next)
      return next
    },
  }
}
