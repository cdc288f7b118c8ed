import type { OrganizationId, OutputChunk, RunId } from '@caisson/core'
import type { EventStore } from '../ports/event-store.ts'

const pageSize = 100

/** The output of one source that is in the store, in order. */
export async function* readStoredOutput(
  events: EventStore,
  {
    organization,
    run,
    source,
  }: { readonly organization: OrganizationId; readonly run: RunId; readonly source: string },
): AsyncGenerator<OutputChunk, void, undefined> {
  let after = 0
  for (;;) {
    const page = await events.read(organization, run, { after, limit: pageSize })
    for (const event of page) {
      after = event.sequence
      if (event.type !== 'output' || event.source !== source) continue
      yield { stream: event.stream, offset: event.offset, bytes: Buffer.from(event.base64, 'base64') }
    }
    if (page.length === 0) return
  }
}
