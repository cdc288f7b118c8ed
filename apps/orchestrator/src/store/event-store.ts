import { type RunEvent } from '@caisson/core'
import type { EventStore, NewRunEvent } from '@caisson/engine'
import { asc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { eventLogs, events, eventSources } from './schema.ts'
import { within } from './scope.ts'
import type { Signals } from './signals.ts'

const eventSignal = (organization: string, run: string) => `${organization}/${run}`

export function createEventStore(database: Database, signals: Signals): EventStore {
  const lastSequence = async (organization: Parameters<EventStore['read']>[0], run: string) => {
    const [log] = await database
      .select({ lastSequence: eventLogs.lastSequence, storedBytes: eventLogs.storedBytes })
      .from(eventLogs)
      .where(within(eventLogs, organization, eq(eventLogs.run, run)))
    return log ?? { lastSequence: 0, storedBytes: 0 }
  }

  return {
    append: async (organization, run, appended) => {
      const ends = endsOf(appended)
      // One statement: the row of the log is the lock that gives numbers, and followers are told on commit.
      const { rows } = await database.execute<{ last: number }>(sql`
        with log as (
          insert into event_logs (organization, run, last_sequence, stored_bytes, appended_at_ms)
          values (${organization}, ${run}, ${appended.length}, ${ends.bytes}, ${Date.now()})
          on conflict (organization, run) do update set
            last_sequence = event_logs.last_sequence + excluded.last_sequence,
            stored_bytes = event_logs.stored_bytes + excluded.stored_bytes,
            appended_at_ms = excluded.appended_at_ms
          returning last_sequence
        ), source as (
          insert into event_sources (organization, run, source, next_offset)
          select ${organization}, ${run}, given.* from log,
            unnest(${sql.param(ends.sources)}::text[], ${sql.param(ends.offsets)}::bigint[]) as given
          on conflict (organization, run, source) do update set next_offset = excluded.next_offset
        ), event as (
          insert into events (organization, run, sequence, event)
          select ${organization}, ${run}, log.last_sequence - ${appended.length}::int + given.place, given.event from log,
            unnest(${sql.param(appended.map((event) => JSON.stringify(event)))}::json[]) with ordinality as given(event, place)
        )
        select last_sequence as last, pg_notify(${signals.channel}, ${eventSignal(organization, run)}) from log`)
      const last = rows[0]?.last
      if (last === undefined) throw new Error('the database gave events no number')
      return last
    },

    read: async (organization, run, { after, limit }) => {
      const rows = await database
        .select({ sequence: events.sequence, event: events.event })
        .from(events)
        .where(within(events, organization, eq(events.run, run), gt(events.sequence, after)))
        .orderBy(asc(events.sequence))
        .limit(limit)
      return rows.map(({ sequence, event }): RunEvent => Object.assign(event, { sequence }))
    },

    position: async (organization, run, source) => {
      const [log, [end]] = await Promise.all([
        lastSequence(organization, run),
        database
          .select({ nextOffset: eventSources.nextOffset })
          .from(eventSources)
          .where(within(eventSources, organization, eq(eventSources.run, run), eq(eventSources.source, source))),
      ])
      return { ...log, nextOffset: end?.nextOffset ?? 0 }
    },

    waitForMore: async (organization, run, { after, timeoutMs, signal }) => {
      // Listens before it looks, so that nothing can come in between unseen.
      using waiting = signals.listen(eventSignal(organization, run))
      if ((await lastSequence(organization, run)).lastSequence > after) return
      await waiting.next(timeoutMs, signal)
    },
  }
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
