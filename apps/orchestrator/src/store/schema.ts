/**
 * The tables. Documents in them are `json` and not `jsonb`: only the former keeps every string that a caller can send, NUL included.
 */
export { state } from './schema/state.ts'
export { runs } from './schema/runs.ts'
export { eventLogs, events, eventSources } from './schema/run-events.ts'
export { approvals } from './schema/approvals.ts'
export { artifacts, artifactChunks } from './schema/artifacts.ts'
export { leases } from './schema/leases.ts'
export { audit, auditHeads } from './schema/audit.ts'
export { quotas, runDays, budgets } from './schema/limits.ts'
export { costDays } from './schema/cost-days.ts'
export { batches, batchItems } from './schema/batches.ts'
export { owners } from './schema/owners.ts'
export { apiKeys } from './schema/api-keys.ts'
export { serviceSecrets } from './schema/service-secrets.ts'
export { gatewayRecords } from './schema/gateway-records.ts'
export { policies, policyChoices } from './schema/policies.ts'
export { hooks, hookDeliveries } from './schema/hooks.ts'
