import type { LeaseId, OrganizationId, Price, RunId, SandboxId } from '@caisson/core'
import type { Pause } from '@caisson/pricing'

/**
 * The time for which a sandbox belongs to an organization. Stored before the sandbox is asked for, so that nothing that was
 * created can be forgotten; the sandbox carries `lease` as a label.
 */
export interface Lease {
  readonly id: LeaseId
  readonly organization: OrganizationId
  readonly run: RunId
  /** Tells the sandboxes of one run apart: an agent's name, a worker's number. Empty where there is one only. */
  readonly slot: string
  readonly adapter: string
  /** Absent until the adapter's `create` has answered. */
  readonly sandbox?: SandboxId | undefined
  /** Who created it: the engine's `ownerId`. */
  readonly owner: string
  readonly startedAtMs: number
  /** For whom: the name under which quotas, budgets and costs are kept. Empty when nobody was named. */
  readonly agent: string
  /** Kind of the operation, or `sandbox` when somebody asked for a sandbox as such. */
  readonly kind: string
  /** What is allocated, and counted by quotas. */
  readonly cpus: number
  readonly memoryBytes: number
  /** What is allocated of storage, and billed while it runs and while it is paused. */
  readonly diskBytes: number
  /** At which it is billed: that of the adapter when the lease was opened. */
  readonly price: Price
  /** When the sandbox ends by itself unless it is prolonged. Bounds what it can cost. */
  readonly expiresAtMs: number
  /** What the decision reckoned with. */
  readonly estimateUsd: number
  /** In order; the last may last. Absent: it was never paused. */
  readonly pauses?: readonly Pause[] | undefined
  /** Absent while it lasts. */
  readonly endedAtMs?: number | undefined
  /** Set when it ends. */
  readonly costUsd?: number | undefined
}

export interface LeaseStore {
  /** Rejects with `OperationError` `quota-exceeded` when quotas or budgets have no room for it; nothing is stored then. */
  readonly open: (lease: Lease) => Promise<void>
  /**
   * Opens it in the place of `before` on the same sandbox, which ends at the same moment, and needs no room. Says what that one cost. `before`
   * may be older than what is stored.
   */
  readonly takeOver: (lease: Lease, before: Lease) => Promise<number>
  /** Says which sandbox it became. */
  readonly attach: (organization: OrganizationId, id: LeaseId, sandbox: SandboxId) => Promise<void>
  /** The sandbox is paused, or goes on. Told twice, or of a lease that is over: nothing changes. */
  readonly pause: (organization: OrganizationId, id: LeaseId, atMs: number) => Promise<void>
  readonly resume: (organization: OrganizationId, id: LeaseId, atMs: number) => Promise<void>
  /** It ends by itself at another time. Longer needs room in the budget, as `open` does. */
  readonly prolong: (organization: OrganizationId, id: LeaseId, expiresAtMs: number) => Promise<void>
  /** Idempotent: the first end counts. Says what it cost in dollars; nothing when no sandbox came of it. */
  readonly end: (organization: OrganizationId, id: LeaseId, endedAtMs: number) => Promise<number>
  /** The sandboxes of these leases are there at this time. */
  readonly seen: (leases: readonly Pick<Lease, 'organization' | 'id'>[], atMs: number) => Promise<void>
  /** Those that last, of all organizations, oldest first, with the time when they were last seen. For recovery only. */
  readonly listAllOpen: (limit: number) => Promise<readonly (Lease & { readonly seenAtMs?: number | undefined })[]>
  /** Oldest first. */
  readonly listByRun: (organization: OrganizationId, run: RunId) => Promise<readonly Lease[]>
  /** The lease that lasts on this sandbox, of whatever organization. For recovery only. */
  readonly findOpenBySandbox: (adapter: string, sandbox: SandboxId) => Promise<Lease | undefined>
  /** Those that last, oldest first. */
  readonly listOpen: (organization: OrganizationId) => Promise<readonly Lease[]>
}
