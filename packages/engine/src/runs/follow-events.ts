import { isFinal, type OrganizationId, type RunEvent, type RunId } from '@caisson/core'
import type { Stores } from '../ports/stores.ts'

const pageSize = 200
const pollMs = 1_000

/** All events above `after`, those to come included, until the one that says that the run is over. */
export async function* followEvents(
  { events, runs }: Pick<Stores, 'events' | 'runs'>,
  { organization, run }: { readonly organization: OrganizationId; readonly run: RunId },
  { after, signal }: { readonly after: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<RunEvent, void, undefined> {
  let last = after
  for (;;) {
    if (signal?.aborted === true) return
    const page = await events.read(organization, run, { after: last, limit: pageSize })
    for (const event of page) {
      last = event.sequence
      yield event
      if (event.type === 'status' && isFinal(event.status)) return
    }
    if (page.length > 0) continue
    const record = await runs.get(organization, run)
    if (record === undefined) return
    // The end and its event are stored together: what is not there now does not come.
    if (isFinal(record.run.status) && (await events.read(organization, run, { after: last, limit: 1 })).length === 0) {
      return
    }
    await events.waitForMore(organization, run, { after: last, timeoutMs: pollMs, signal })
  }
}
