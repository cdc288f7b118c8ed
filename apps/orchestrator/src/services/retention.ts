import { hourMs } from '@caisson/core'
import { and, eq, inArray, lt, sql } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { artifacts, batches, eventLogs, owners } from '../store/schema.ts'

const batch = 500

/** Removes, of all organizations, the output of runs and the items of batches that are older than `eventRetentionMs`, and what crashed processes left unfinished. */
export async function removeOld(
  database: Database,
  { nowMs, eventRetentionMs }: { readonly nowMs: number; readonly eventRetentionMs: number },
): Promise<{ readonly logs: number }> {
  await database.delete(owners).where(lt(owners.untilMs, nowMs - 24 * hourMs))
  await database
    .delete(artifacts)
    .where(and(eq(artifacts.complete, false), lt(artifacts.createdAtMs, nowMs - 24 * hourMs)))
  await database.delete(batches).where(lt(batches.closedAtMs, nowMs - eventRetentionMs))
  let logs = 0
  for (;;) {
    const old = database
      .select({ row: sql`ctid` })
      .from(eventLogs)
      .where(lt(eventLogs.appendedAtMs, nowMs - eventRetentionMs))
      .limit(batch)
    const removed = await database
      .delete(eventLogs)
      .where(inArray(sql`ctid`, old))
      .returning({ run: eventLogs.run })
    logs += removed.length
    if (removed.length < batch) return { logs }
  }
}
