import { type RunEvent } from '@caisson/core'
import type { EventStore } from '@caisson/engine'
import { asc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { eventLogs, events, eventSources } from './schema.ts'
import { within } from './scope.ts'
import type { Signals } from './signals.ts'
import { eventsPart } from './told.ts'

/** Told when there is more in the log of a run. */
export const eventSignal = (organization: string, run: string) => `${organization}/${run}`

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
      // One statement, and followers are told on commit.
      const { rows } = await database.execute<{ last: number }>(sql`
        with changed as (select), ${eventsPart(organization, run, appended)}
        select last_sequence as last, ${signals.tell(eventSignal(organization, run))} from log`)
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
