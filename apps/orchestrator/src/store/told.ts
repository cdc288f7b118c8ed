import type { OrganizationId } from '@caisson/core'
import type { AuditEvent, NewRunEvent } from '@caisson/engine'
import { type SQL, sql } from 'drizzle-orm'

/**
 * Parts of a statement that begins `with changed as (…)`: what they store is stored if `changed` has a row, together with whatever else
 * the statement does.
 */

/** Gives an event its place in the audit log. The row of the head is the lock under which events get theirs. */
export function auditPart(event: AuditEvent): SQL {
  const { organization, run = null } = event
  const text = JSON.stringify(event)
  return sql`head as (
      insert into audit_heads as head (organization, sequence, hash)
      select ${organization}, 1, sha256(sha256(convert_to(${organization}, 'UTF8')) || convert_to('1 ' || ${text}, 'UTF8')) from changed
      on conflict (organization) do update set
        sequence = head.sequence + 1,
        hash = sha256(head.hash || convert_to((head.sequence + 1)::text || ' ' || ${text}, 'UTF8'))
      returning sequence, hash
    ), entry as (
      insert into audit (organization, run, sequence, hash, event)
      select ${organization}, ${run}, sequence, hash, ${text}::json from head
    )`
}

/** Appends to the log of a run, and gives `log` with its `last_sequence`. The row of the log is the lock that gives numbers. */
export function eventsPart(organization: OrganizationId, run: string, appended: readonly NewRunEvent[]): SQL {
  const { bytes, sources, offsets } = endsOf(appended)
  return sql`log as (
      insert into event_logs (organization, run, last_sequence, stored_bytes, appended_at_ms)
      select ${organization}, ${run}, ${appended.length}::int, ${bytes}::bigint, ${Date.now()}::bigint from changed
      on conflict (organization, run) do update set
        last_sequence = event_logs.last_sequence + excluded.last_sequence,
        stored_bytes = event_logs.stored_bytes + excluded.stored_bytes,
        appended_at_ms = excluded.appended_at_ms
      returning last_sequence
    ), source as (
      insert into event_sources (organization, run, source, next_offset)
      select ${organization}, ${run}, given.* from log,
        unnest(${sql.param(sources)}::text[], ${sql.param(offsets)}::bigint[]) as given
      on conflict (organization, run, source) do update set next_offset = excluded.next_offset
    ), event as (
      insert into events (organization, run, sequence, event)
      select ${organization}, ${run}, log.last_sequence - ${appended.length}::int + given.place, given.event from log,
        unnest(${sql.param(appended.map((event) => JSON.stringify(event)))}::json[]) with ordinality as given(event, place)
    )`
}

/** How far the appended output reaches, per source. */
function endsOf(appended: readonly NewRunEvent[]) {
  const ends = new Map<string, number>()
  let bytes = 0
  for (const event of appended) {
    if (event.type !== 'output') continue
    const length = Buffer.byteLength(event.base64, 'base64')
    bytes += length
    ends.set(event.source, event.offset + length)
  }
  return { bytes, sources: [...ends.keys()].map((source) => JSON.stringify(source)), offsets: [...ends.values()] }
}
