import type { Approval, OrganizationId, Run } from '@caisson/core'

/** Something that people or programs outside may wait for. */
export type EngineEvent =
  | {
      /** `approval.granted`: by as many people as have to agree. `approval.escalated`: nobody has answered for a while. */
      readonly type: 'approval.requested' | 'approval.escalated' | 'approval.granted' | 'approval.denied'
      readonly organization: OrganizationId
      readonly atMs: number
      readonly approval: Approval
    }
  | { readonly type: 'run.finished'; readonly organization: OrganizationId; readonly atMs: number; readonly run: Run }
