import type { AuditEvent } from './audit-store.ts'
import type { NewRunEvent } from './event-store.ts'
import type { ApprovalId, Operation, OperationKind, OrganizationId, Run, RunId, RunStatus } from '@caisson/core'

/** Who works on a run, and until when others must leave it alone unless renewed. */
export interface Claim {
  readonly owner: string
  readonly untilMs: number
}

/** Who asked for a run; kept, so that a run which is taken over is traced like one that is not. */
export interface Requester {
  readonly agent?: string | undefined
  readonly agentName?: string | undefined
  readonly traceparent?: string | undefined
}

/** All that is stored about a run. Plain JSON data. */
export interface RunRecord {
  readonly run: Run
  /** Never sent to traces, events or other organizations: it may carry secrets. */
  readonly operation: Operation
  /** SHA-256 (hex) of `operation`. Another operation under the same id is a conflict. */
  readonly operationHash: string
  readonly requester: Requester
  readonly approval?: ApprovalId | undefined
  readonly cancelRequested: boolean
  readonly claim?: Claim | undefined
  /** Counts the writes of this record, from 1. */
  readonly version: number
}

/** What is stored with a run or a change of it, all of it or nothing: events for its log, and what the audit log says. */
export interface Told {
  readonly events?: readonly NewRunEvent[] | undefined
  readonly audit?: AuditEvent | undefined
}

/** What `update` replaces. A key that is absent stays; `claim: null` gives the run up. */
export interface RunChange extends Told {
  readonly run?: Run
  readonly approval?: ApprovalId
  readonly cancelRequested?: boolean
  readonly claim?: Claim | null
}

export interface RunQuery {
  readonly statuses?: readonly RunStatus[] | undefined
  readonly kinds?: readonly OperationKind[] | undefined
  /** At most this many, 1 to 200. Default 50. */
  readonly limit?: number | undefined
  /** `next` of the page before. */
  readonly cursor?: string | undefined
}

export interface RunPage {
  /** Newest first. */
  readonly runs: readonly Run[]
  readonly next?: string | undefined
}

/** Runs, with compare-and-set as the only way to change one. A run of another organization does not exist. */
export interface RunStore {
  /** Stores a new run, or returns the one that has its id already, untouched: then nothing is told. Atomic. */
  readonly create: (
    record: RunRecord,
    told?: Told,
  ) => Promise<{ readonly record: RunRecord; readonly created: boolean }>
  readonly get: (organization: OrganizationId, run: RunId) => Promise<RunRecord | undefined>
  readonly list: (organization: OrganizationId, query?: RunQuery) => Promise<RunPage>
  /** Changes the record if it still has the version of `known`, and gives the new one; otherwise changes nothing and gives `undefined`. */
  readonly update: (known: RunRecord, change: RunChange) => Promise<RunRecord | undefined>
  /**
   * Makes `owner` the one who works on a run that is not final, if nobody else's claim reaches past `nowMs`. Renews the owner's own
   * claim likewise. `undefined` when somebody else holds it, or the run is over or unknown. Atomic.
   */
  readonly claim: (
    organization: OrganizationId,
    run: RunId,
    claim: Claim & { readonly nowMs: number },
  ) => Promise<RunRecord | undefined>
  /**
   * Runs of all organizations that are not final and whose claim is absent or over at `nowMs`, oldest first. For recovery only: the
   * one call that crosses organizations.
   */
  readonly listAbandoned: (nowMs: number, limit: number) => Promise<readonly RunRecord[]>
}

/** The record as `update` leaves it. */
export function applyChange(
  { claim: held, ...known }: RunRecord,
  { run = known.run, approval = known.approval, cancelRequested = known.cancelRequested, claim = held }: RunChange,
): RunRecord {
  return {
    ...known,
    run,
    cancelRequested,
    version: known.version + 1,
    ...(approval === undefined ? {} : { approval }),
    ...(claim === null || claim === undefined ? {} : { claim }),
  }
}
