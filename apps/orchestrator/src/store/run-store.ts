import { type Run, type RunStatus, runStatuses, approvalIdSchema, isFinal } from '@caisson/core'
import { applyChange, type AuditEvent, type RunChange, type RunRecord, type RunStore, type Told } from '@caisson/engine'
import { and, asc, desc, eq, inArray, isNull, lte, lt, or, type SQL, sql, type SQLWrapper } from 'drizzle-orm'
import type { Database } from './database.ts'
import { eventSignal } from './event-store.ts'
import type { QuotaDefaults } from './lease-room.ts'
import { countPart, fromCountError } from './run-room.ts'
import { runs } from './schema.ts'
import { within } from './scope.ts'
import type { Signals } from './signals.ts'
import { auditPart, eventsPart } from './told.ts'

const unfinished: readonly RunStatus[] = runStatuses.filter((status) => !isFinal(status))

export interface RunStoreOptions {
  readonly signals: Pick<Signals, 'tell'>
  readonly quotaDefaults: QuotaDefaults
  readonly onAudit: (event: AuditEvent) => void
}

export function createRunStore(database: Database, { signals, quotaDefaults, onAudit }: RunStoreOptions): RunStore {
  /** Makes a change of a run and stores what is told with it, in one statement. `false`: there was nothing to change. */
  const store = async (
    { organization, id }: Run,
    change: SQLWrapper,
    { events = [], audit, parts = [] }: Told & { readonly parts?: readonly SQL[] },
  ): Promise<boolean> => {
    const all = [
      sql`changed as ${change}`,
      ...parts,
      ...(events.length === 0 ? [] : [eventsPart(organization, id, events)]),
      ...(audit === undefined ? [] : [auditPart(audit)]),
    ]
    const signal = events.length === 0 ? sql`` : sql`, ${signals.tell(eventSignal(organization, id))}`
    const { rows } = await database.execute(sql`with ${sql.join(all, sql`, `)} select version${signal} from changed`)
    if (rows.length === 0) return false
    if (audit !== undefined) onAudit(audit)
    return true
  }

  return {
    create: async (record, told = {}) => {
      const { run, operation, operationHash, requester, approval, cancelRequested, claim } = record
      const insert = database
        .insert(runs)
        .values({
          ...columnsOf(run),
          organization: run.organization,
          id: run.id,
          kind: run.kind,
          operation,
          operationHash,
          requester,
          approval,
          cancelRequested,
          claimOwner: claim?.owner,
          claimUntilMs: claim?.untilMs,
          version: 1,
        })
        .onConflictDoNothing()
        .returning({ version: runs.version })
      const agent = requester.agentName ?? requester.agent ?? ''
      const counting = { organization: run.organization, agent, nowMs: run.createdAtMs, defaults: quotaDefaults }
      try {
        const created = await store(run, insert, { ...told, parts: [countPart(counting)] })
        if (created) return { record: { ...record, version: 1 }, created }
      } catch (error) {
        throw await fromCountError(database, error, counting)
      }
      const [existing] = await database
        .select()
        .from(runs)
        .where(within(runs, run.organization, eq(runs.id, run.id)))
      if (existing === undefined) throw new Error(`run ${run.id} was removed while it was looked up`)
      return { record: toRecord(existing), created: false }
    },

    get: async (organization, run) => {
      const [row] = await database
        .select()
        .from(runs)
        .where(within(runs, organization, eq(runs.id, run)))
      return row === undefined ? undefined : toRecord(row)
    },

    list: async (organization, query = {}) => {
      const { statuses, kinds, limit = 50, cursor } = query
      const rows = await database
        .select({ run: runs.run, place: runs.place })
        .from(runs)
        .where(
          within(
            runs,
            organization,
            statuses === undefined ? undefined : inArray(runs.status, [...statuses]),
            kinds === undefined ? undefined : inArray(runs.kind, [...kinds]),
            cursor === undefined ? undefined : lt(runs.place, placeOf(cursor)),
          ),
        )
        .orderBy(desc(runs.place))
        .limit(limit + 1)
      const page = rows.slice(0, limit)
      const last = page.at(-1)
      return {
        runs: page.map(({ run }) => run),
        ...(rows.length > page.length && last !== undefined ? { next: String(last.place) } : {}),
      }
    },

    update: async (known, change) => {
      const { run, version } = known
      const update = database
        .update(runs)
        .set({ ...columnsOfChange(change), version: version + 1 })
        .where(within(runs, run.organization, eq(runs.id, run.id), eq(runs.version, version)))
        .returning({ version: runs.version })
      return (await store(run, update, change)) ? applyChange(known, change) : undefined
    },

    claim: async (organization, run, { owner, untilMs, nowMs }) => {
      const [row] = await database
        .update(runs)
        .set({ claimOwner: owner, claimUntilMs: untilMs, version: sql`${runs.version} + 1` })
        .where(
          within(
            runs,
            organization,
            eq(runs.id, run),
            inArray(runs.status, [...unfinished]),
            or(isNull(runs.claimOwner), eq(runs.claimOwner, owner), lte(runs.claimUntilMs, nowMs)),
          ),
        )
        .returning()
      return row === undefined ? undefined : toRecord(row)
    },

    // Crosses organizations: a dead engine worked for all of them.
    listAbandoned: async (nowMs, limit) => {
      const rows = await database
        .select()
        .from(runs)
        .where(
          and(
            sql`${runs.status} in ('queued', 'awaiting-approval', 'running')`,
            or(isNull(runs.claimOwner), lte(runs.claimUntilMs, nowMs)),
          ),
        )
        .orderBy(asc(runs.place))
        .limit(limit)
      return rows.map(toRecord)
    },
  }
}

type Row = typeof runs.$inferSelect

function columnsOf(run: Run) {
  return { run, status: run.status, finishedAtMs: run.finishedAtMs ?? null }
}

function columnsOfChange({ run, approval, cancelRequested, claim }: RunChange) {
  return {
    ...(run === undefined ? {} : columnsOf(run)),
    ...(approval === undefined ? {} : { approval }),
    ...(cancelRequested === undefined ? {} : { cancelRequested }),
    ...(claim === undefined ? {} : { claimOwner: claim?.owner ?? null, claimUntilMs: claim?.untilMs ?? null }),
  }
}

function toRecord(row: Row): RunRecord {
  const { run, operation, operationHash, requester, approval, cancelRequested, claimOwner, claimUntilMs, version } = row
  return {
    run,
    operation,
    operationHash,
    requester,
    cancelRequested,
    version,
    ...(approval === null ? {} : { approval: approvalIdSchema.parse(approval) }),
    ...(claimOwner === null || claimUntilMs === null ? {} : { claim: { owner: claimOwner, untilMs: claimUntilMs } }),
  }
}

/** A cursor that is none of ours points before everything, so that the page after it is empty. */
function placeOf(cursor: string): number {
  return /^\d{1,15}$/.test(cursor) ? Number(cursor) : 0
}
