export {
  type AdapterState,
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
export { type CaissonClient, createClient, type RunListOptions } from './client.ts'
export { type ClientOptions } from './connection.ts'
export { type FollowOptions } from './follow-run.ts'
export { type RunOptions } from './run-operation.ts'
