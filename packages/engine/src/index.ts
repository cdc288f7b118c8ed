export { createEngine } from './create-engine.ts'
export {
  type ApprovalDetails,
  type BatchItemQuery,
  type Engine,
  type EngineBatches,
  type EngineSandboxes,
  type RecoveryReport,
  type RunContext,
  type SubmitOptions,
  type Verdict,
  type WaitOptions,
} from './engine.ts'
export { createEgressFeed, type EgressDenial, type EgressFeed } from './egress-feed.ts'
export { type EngineEvent } from './engine-event.ts'
export { type EngineOptions, type Logger, type WarmPoolEntry } from './engine-options.ts'
export { type HostFunctionContext, type HostFunctions } from './host-functions.ts'
export { defaultLimits, type Limits } from './limits.ts'
export { type ApprovalStore } from './ports/approval-store.ts'
export { type ArtifactStore, type NewArtifact, type StoredArtifact } from './ports/artifact-store.ts'
export { type AuditEvent, type AuditStore } from './ports/audit-store.ts'
export { type BatchBoard, type BatchSlot, type ServeSlot, type SlotOutcome } from './ports/batch-board.ts'
export {
  type Batch,
  type BatchItem,
  type BatchKey,
  type BatchStore,
  itemStates,
  type ItemResult,
  type ItemState,
  type NewBatch,
  type RetryTerms,
  type TakenItem,
} from './ports/batch-store.ts'
export { type EventPosition, type EventStore, type NewRunEvent } from './ports/event-store.ts'
export type { Pause } from '@caisson/pricing'
export { type Lease, type LeaseStore } from './ports/lease-store.ts'
export {
  applyChange,
  type Claim,
  type Requester,
  type RunChange,
  type RunPage,
  type RunQuery,
  type RunRecord,
  type RunStore,
  type Told,
} from './ports/run-store.ts'
export { type OwnerStore } from './ports/owner-store.ts'
export { type Stores } from './ports/stores.ts'
export { decisionSpan, endDecisionSpan } from './trace-decision.ts'
export { createMemoryStores } from './memory/memory-stores.ts'
export { type DecidedOperation } from './way/decide.ts'
export { createWarmPool, type WarmPool, type WarmPoolOptions } from './warm-pool.ts'
