export { artifactPieceSchema, maxReadBytes } from './artifact.ts'
export {
  type BatchItem,
  batchItemSchema,
  type BatchItemState,
  batchItemStates,
  type BatchProgress,
  batchProgressSchema,
  maxBatchItems,
} from './batch.ts'
export { type Caller, callerSchema, mayActAs, type Role, roles, roleSchema } from './caller.ts'
export {
  type CreatedHook,
  createdHookSchema,
  type Hook,
  type HookAnswer,
  hookAnswerSchema,
  type HookEvent,
  hookEventSchema,
  type HookEventType,
  hookEventTypes,
  hookSchema,
  removedSchema,
  hookListSchema,
} from './hook.ts'
export { type AuditEntry, auditEntrySchema, type AuditHead, auditHeadSchema, maxAuditEntries } from './audit.ts'
export { type CostDimension, costDimensions, type CostQuery, type CostRow, costRowSchema } from './cost.ts'
export { type Budget, budgetSchema, type BudgetState, budgetStateSchema, type Quota, quotaSchema } from './limits.ts'
export {
  type CreatedKey,
  createdKeySchema,
  keyIdSchema,
  type KeyInfo,
  keyInfoSchema,
  type NewKey,
  revokedSchema,
} from './key.ts'
export {
  maxReplayChanges,
  type PolicyVersion,
  policyVersionSchema,
  type ReplayReport,
  replayReportSchema,
} from './policy.ts'
export {
  type Callback,
  callbackSecretSchema,
  type Decided,
  decidedSchema,
  maxLogEvents,
  maxWaitMs,
  runPageSchema,
  type RunSummary,
  type RunSummaryPage,
  runSummarySchema,
} from './run.ts'
export { type ApprovalDetails, approvalDetailsSchema } from './approval.ts'
export { destroyedSchema, sandboxInfoSchema } from './sandbox.ts'
export {
  type AdapterState,
  adapterStateSchema,
  type PolicyInForce,
  policyInForceSchema,
  type ServiceStatus,
  serviceStatusSchema,
} from './service.ts'
