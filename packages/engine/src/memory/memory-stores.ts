import { freshId } from '@caisson/core'
import type { AuditEvent, AuditStore } from '../ports/audit-store.ts'
import type { Stores } from '../ports/stores.ts'
import { createMemoryApprovalStore } from './memory-approval-store.ts'
import { createMemoryArtifactStore } from './memory-artifact-store.ts'
import { createMemoryBatchStore } from './memory-batch-store.ts'
import { createMemoryEventStore } from './memory-event-store.ts'
import { createMemoryLeaseStore } from './memory-lease-store.ts'
import { createMemoryRunStore } from './memory-run-store.ts'

/** State that is lost with the process. For embedding and tests; nothing is ever forgotten, so not for long-lived services. */
export function createMemoryStores(): Stores {
  const log: AuditEvent[] = []
  const events = createMemoryEventStore()
  const audit: AuditStore = {
    append: async (event) => void log.push(event),
    list: async (organization, { run, limit = 100 } = {}) =>
      log
        .filter((event) => event.organization === organization && (run ?? event.run) === event.run)
        .toReversed()
        .slice(0, limit),
  }
  const beats = new Map<string, number>()
  return {
    id: freshId(),
    runs: createMemoryRunStore(events, audit),
    events,
    approvals: createMemoryApprovalStore(),
    artifacts: createMemoryArtifactStore(),
    leases: createMemoryLeaseStore(),
    batches: createMemoryBatchStore(),
    audit,
    owners: {
      beat: async (owner, untilMs) => void beats.set(owner, untilMs),
      listAlive: async (nowMs) => [...beats].filter(([, untilMs]) => untilMs > nowMs).map(([owner]) => owner),
      remove: async (owner) => void beats.delete(owner),
    },
  }
}
