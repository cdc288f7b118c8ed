import type { OrganizationId, RunEvent, RunId } from '@caisson/core'
import type { EventStore } from '../ports/event-store.ts'

const pageSize = 100

/** What is in the log of a run so far, in order. */
export async function* readStoredEvents(
  events: EventStore,
  { organization, run }: { readonly organization: OrganizationId; readonly run: RunId },
): AsyncGenerator<RunEvent, void, undefined> {
  let after = 0
  for (;;) {
    const page = await events.read(organization, run, { after, limit: pageSize })
    for (const event of page) {
      after = event.sequence
      yield event
    }
    if (page.length === 0) return
  }
}
