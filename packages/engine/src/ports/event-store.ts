import type { OrganizationId, RunEvent, RunId } from '@caisson/core'

type WithoutSequence<Event> = Event extends RunEvent ? Omit<Event, 'sequence'> : never
/** An event before the store gave it its place. */
export type NewRunEvent = WithoutSequence<RunEvent>

/** Where the log of a run ends. */
export interface EventPosition {
  /** 0 when there is no event yet. */
  readonly lastSequence: number
  /** Output bytes stored, all sources together. */
  readonly storedBytes: number
  /** Offset right after the last stored output byte of the asked-for source; 0 when there is none. */
  readonly nextOffset: number
}

/** The log of each run: append only, `sequence` from 1 without gaps. The engine bounds what it appends. */
export interface EventStore {
  /** Appends in order, all or none, and returns the sequence of the last one. Concurrent calls are serialised per run. */
  readonly append: (organization: OrganizationId, run: RunId, events: readonly NewRunEvent[]) => Promise<number>
  /** At most `limit` events with a sequence above `after`, in order. */
  readonly read: (
    organization: OrganizationId,
    run: RunId,
    range: { readonly after: number; readonly limit: number },
  ) => Promise<readonly RunEvent[]>
  readonly position: (organization: OrganizationId, run: RunId, source: string) => Promise<EventPosition>
  /** Resolves when there is an event above `after`, when `timeoutMs` is over, or when the signal aborts. May resolve early. */
  readonly waitForMore: (
    organization: OrganizationId,
    run: RunId,
    options: { readonly after: number; readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
  ) => Promise<void>
}
