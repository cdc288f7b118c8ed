export {
  type AdapterState,
  type AuditEntry,
  type AuditHead,
  type BatchItem,
  type BatchItemState,
  batchItemStates,
  type BatchProgress,
  type Budget,
  type BudgetState,
  type CostDimension,
  costDimensions,
  type CostQuery,
  type CostRow,
  type NewKey,
  type Quota,
  type Caller,
  type CreatedKey,
  type ApprovalDetails,
  type CreatedHook,
  type Decided,
  type Hook,
  type HookEventType,
  hookEventTypes,
  type KeyInfo,
  type PolicyInForce,
  type PolicyVersion,
  type ReplayReport,
  type Role,
  type RunSummary,
  type RunSummaryPage,
  type ServiceStatus,
} from '@caisson/api/schemas'
export { type CaissonClient, type RunListOptions } from './client.ts'
export { type ClientOptions } from './connection.ts'
export { createClient } from './create-client.ts'
export { type FollowOptions } from './follow-run.ts'
export { type RunOptions } from './run-operation.ts'
export { type AuditVerdict, type ChainEnd, verifyAuditChain } from './verify-audit-chain.ts'
