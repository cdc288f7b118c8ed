import type { ApprovalStore } from './approval-store.ts'
import type { ArtifactStore } from './artifact-store.ts'
import type { AuditStore } from './audit-store.ts'
import type { BatchStore } from './batch-store.ts'
import type { EventStore } from './event-store.ts'
import type { LeaseStore } from './lease-store.ts'
import type { OwnerStore } from './owner-store.ts'
import type { RunStore } from './run-store.ts'

/** Where an engine keeps its state. Several engines may share them; prove an implementation with `@caisson/engine/testing`. */
export interface Stores {
  /**
   * Names this state: made once at random and kept with it. Sandboxes carry it as the label `state`, so that an engine over other stores
   * leaves them alone.
   */
  readonly id: string
  readonly runs: RunStore
  readonly events: EventStore
  readonly approvals: ApprovalStore
  readonly artifacts: ArtifactStore
  readonly leases: LeaseStore
  readonly audit: AuditStore
  readonly batches: BatchStore
  readonly owners: OwnerStore
}
