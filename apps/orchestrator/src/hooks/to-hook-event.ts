import type { HookEvent } from '@caisson/api/schemas'
import type { EngineEvent } from '@caisson/engine'

/** What of an event may leave the service: no input and no output of an operation. */
export function toHookEvent(event: EngineEvent): HookEvent {
  if (event.type !== 'run.finished') return event
  const { type, organization, atMs, run } = event
  return { type, organization, atMs, run: run.id, kind: run.kind, status: run.status }
}
