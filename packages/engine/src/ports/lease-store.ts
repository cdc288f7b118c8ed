import type { LeaseId, OrganizationId, RunId, SandboxId } from '@caisson/core'

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
  /** Absent while it lasts. */
  readonly endedAtMs?: number | undefined
  /** Set when it ends. */
  readonly costUsd?: number | undefined
}

export interface LeaseStore {
  readonly open: (lease: Lease) => Promise<void>
  /** Says which sandbox it became. */
  readonly attach: (organization: OrganizationId, id: LeaseId, sandbox: SandboxId) => Promise<void>
  /** Idempotent: the first end counts. */
  readonly end: (
    organization: OrganizationId,
    id: LeaseId,
    end: { readonly endedAtMs: number; readonly costUsd: number },
  ) => Promise<void>
  /** Oldest first. */
  readonly listByRun: (organization: OrganizationId, run: RunId) => Promise<readonly Lease[]>
  /** The lease that lasts on this sandbox, of whatever organization. For recovery only. */
  readonly findOpenBySandbox: (adapter: string, sandbox: SandboxId) => Promise<Lease | undefined>
  /** Those that last, oldest first. */
  readonly listOpen: (organization: OrganizationId) => Promise<readonly Lease[]>
}
