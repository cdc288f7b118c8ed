import type { OrganizationId, OutputChunk, RunId } from '@caisson/core'
import type { EventStore } from '../ports/event-store.ts'
import { readStoredEvents } from './read-stored-events.ts'

/** The output of one source that is in the store, in order. */
export async function* readStoredOutput(
  events: EventStore,
  { source, ...key }: { readonly organization: OrganizationId; readonly run: RunId; readonly source: string },
): AsyncGenerator<OutputChunk, void, undefined> {
  for await (const event of readStoredEvents(events, key)) {
    if (event.type !== 'output' || event.source !== source) continue
    yield { stream: event.stream, offset: event.offset, bytes: Buffer.from(event.base64, 'base64') }
  }
}
