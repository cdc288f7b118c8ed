import { resumeSandbox } from '../control/lifecycle.ts'
import type { Services } from '../gateway-options.ts'
import type { Entry } from '../sandboxes/entry.ts'
import { stateOf } from '../sandboxes/view.ts'

/** How old the adapter's word may be: a sandbox that somebody else paused or ended is noticed this late. */
const lookMs = 1000

const resuming = new WeakMap<Entry, Promise<boolean>>()

/** The sandbox of that id, if it runs. One that is to go on when somebody wants something of it does so first. */
export async function findRunning(services: Services, id: string): Promise<Entry | undefined> {
  const entry = await services.registry.find(id)
  if (entry === undefined || (await services.registry.look(entry, lookMs)) === undefined) return undefined
  if (stateOf(entry) === 'running') return entry
  if (!entry.record.autoResume || entry.record.paused === 'files') return undefined
  const going =
    resuming.get(entry) ?? resumeSandbox(services, entry, { ttlMs: entry.record.timeoutMs, keepMemory: true })
  resuming.set(entry, going)
  try {
    await going
  } finally {
    resuming.delete(entry)
  }
  return entry
}
