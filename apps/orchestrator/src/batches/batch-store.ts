import { type ErrorData, type OrganizationId, organizationIdSchema, runIdSchema } from '@caisson/core'
import type { Batch, BatchItem, BatchKey, BatchStore, ItemState } from '@caisson/engine'
import { and, asc, desc, eq, gt, inArray, isNull, sql } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { batches, batchItems } from '../store/schema.ts'
import { within } from '../store/scope.ts'
import type { ItemJobs } from './item-jobs.ts'

interface ItemInHand {
  readonly index: number
  readonly token: string
}

/** Which items are due the queue knows; what became of them lies in tables. Both change in one transaction. */
export function createBatchStore(database: Database, jobs: ItemJobs): BatchStore {
  const isBatch = ({ organization, run }: BatchKey) => within(batches, organization, eq(batches.run, run))
  const ofBatch = ({ organization, run }: BatchKey) => within(batchItems, organization, eq(batchItems.run, run))
  /** The item, as long as it is in the hands of whoever took it. */
  const inHand = ({ organization, run }: BatchKey, { index, token }: ItemInHand) =>
    within(
      batchItems,
      organization,
      eq(batchItems.run, run),
      eq(batchItems.index, index),
      eq(batchItems.token, token),
      eq(batchItems.state, 'running'),
    )
  const isOpen = ({ organization, run }: BatchKey) =>
    sql`exists (select from ${batches} where ${batches.organization} = ${organization} and ${batches.run} = ${run} and ${batches.closed} is null)`

  const counted = async (organization: OrganizationId, rows: readonly Row[]): Promise<readonly Batch[]> => {
    if (rows.length === 0) return []
    const runs = rows.map(({ run }) => run)
    const counts = await database
      .select({
        run: batchItems.run,
        state: batchItems.state,
        count: sql<number>`count(*)`.mapWith(Number),
        retries: sql<number>`sum(greatest(${batchItems.attempts} - 1, 0))`.mapWith(Number),
      })
      .from(batchItems)
      .where(within(batchItems, organization, inArray(batchItems.run, runs)))
      .groupBy(batchItems.run, batchItems.state)
    return rows.map((row) =>
      toBatch(
        row,
        counts.filter(({ run }) => run === row.run),
      ),
    )
  }

  return {
    open: async (batch) => {
      const { organization, run, total, retry, createdAtMs, endsAtMs, traceparent } = batch
      await jobs.prepare(batch, retry)
      await database.transaction(async (transaction) => {
        const [fresh] = await transaction
          .insert(batches)
          .values({ organization, run, total, retry, createdAtMs, endsAtMs, traceparent })
          .onConflictDoNothing()
          .returning({ run: batches.run })
        if (fresh === undefined) return
        await transaction.execute(sql`
          insert into batch_items (organization, run, index)
          select ${organization}, ${run}, place from generate_series(0, ${total - 1}::int) as place`)
        await jobs.add(
          transaction,
          batch,
          Array.from({ length: total }, (_, index) => index),
        )
      })
    },

    get: async (key) => {
      const rows = await database.select().from(batches).where(isBatch(key))
      return (await counted(key.organization, rows))[0]
    },

    list: async (organization, limit) => {
      const rows = await database
        .select()
        .from(batches)
        .where(within(batches, organization))
        .orderBy(desc(batches.createdAtMs))
        .limit(limit)
      return await counted(organization, rows)
    },

    items: async (key, { states, after, limit }) => {
      const rows = await database
        .select({
          index: batchItems.index,
          state: batchItems.state,
          attempts: batchItems.attempts,
          result: batchItems.result,
        })
        .from(batchItems)
        .where(
          and(
            ofBatch(key),
            gt(batchItems.index, after),
            states === undefined ? undefined : inArray(batchItems.state, [...states]),
          ),
        )
        .orderBy(asc(batchItems.index))
        .limit(limit)
      return rows.map(({ result, ...row }): BatchItem => Object.assign(row, result))
    },

    take: async (key) => {
      for (;;) {
        const job = await jobs.next(key)
        if (job === undefined) return undefined
        const { index, token } = job
        const [row] = await database
          .update(batchItems)
          .set({ state: 'running', attempts: sql`${batchItems.attempts} + 1`, token })
          .where(
            and(
              ofBatch(key),
              eq(batchItems.index, index),
              inArray(batchItems.state, ['waiting', 'running']),
              isOpen(key),
            ),
          )
          .returning({ attempt: batchItems.attempts })
        if (row !== undefined) {
          await database
            .update(batches)
            .set({ hindrance: null })
            .where(and(isBatch(key), sql`${batches.hindrance} is not null`))
          return { index, token, attempt: row.attempt }
        }
        // What is done is not done again, whatever the queue believes.
        await jobs.done(database, key, token)
      }
    },

    renew: async (key, item) => {
      const [row] = await database
        .select({ closed: batches.closed })
        .from(batchItems)
        .innerJoin(batches, and(eq(batches.organization, batchItems.organization), eq(batches.run, batchItems.run)))
        .where(inHand(key, item))
      if (row === undefined || !(await jobs.touch(key, item.token))) return 'lost'
      return row.closed === 'cancel' || row.closed === 'end' ? 'closed' : 'held'
    },

    finish: async (key, item, { state, result }) =>
      await database.transaction(async (transaction) => {
        const [row] = await transaction
          .update(batchItems)
          .set({ state, result, token: null })
          .where(inHand(key, item))
          .returning({ index: batchItems.index })
        if (row === undefined) return false
        await jobs.done(transaction, key, item.token)
        return true
      }),

    putBack: async (key, item, result) =>
      await database.transaction(async (transaction) => {
        const [row] = await transaction
          .update(batchItems)
          .set({ state: waitingIf(isOpen(key)), result, token: null })
          .where(inHand(key, item))
          .returning({ state: batchItems.state })
        if (row === undefined) return false
        if (row.state === 'waiting') await jobs.again(transaction, key, item.token)
        else await jobs.done(transaction, key, item.token)
        return true
      }),

    leave: async (key, item) => {
      await database.transaction(async (transaction) => {
        const [row] = await transaction
          .update(batchItems)
          .set({ state: waitingIf(isOpen(key)), attempts: sql`${batchItems.attempts} - 1`, token: null })
          .where(inHand(key, item))
          .returning({ state: batchItems.state })
        if (row === undefined) return
        await jobs.done(transaction, key, item.token)
        if (row.state === 'waiting') await jobs.add(transaction, key, [item.index])
      })
    },

    hinder: async (key, hindrance) => {
      await database
        .update(batches)
        .set({ hindrance: hindrance ?? null })
        .where(isBatch(key))
    },

    giveUp: async (key, failure) => {
      await database
        .update(batches)
        .set({ failure })
        .where(and(isBatch(key), isNull(batches.failure)))
    },

    close: async (key, how) => {
      const closed = await database.transaction(async (transaction) => {
        const [row] = await transaction
          .update(batches)
          .set({ closed: how, closedAtMs: sql`coalesce(${batches.closedAtMs}, ${Date.now()}::bigint)` })
          .where(and(isBatch(key), sql`${batches.closed} is distinct from 'end'`))
          .returning({ run: batches.run })
        if (row === undefined) return false
        const ended: ItemState[] = how === 'end' ? ['waiting', 'running'] : ['waiting']
        await transaction
          .update(batchItems)
          .set({ state: 'cancelled', token: null })
          .where(and(ofBatch(key), inArray(batchItems.state, ended)))
        return true
      })
      if (closed && how === 'end') await jobs.remove(key)
    },
  }
}

type Row = typeof batches.$inferSelect

function waitingIf(isOpen: ReturnType<typeof sql>) {
  return sql<ItemState>`case when ${isOpen} then 'waiting' else 'cancelled' end`
}

function toBatch(
  { organization, run, total, retry, createdAtMs, endsAtMs, traceparent, hindrance, failure, closedAtMs }: Row,
  counts: readonly { readonly state: ItemState; readonly count: number; readonly retries: number }[],
): Batch {
  const count = (state: ItemState) => counts.find((row) => row.state === state)?.count ?? 0
  const known = (error: ErrorData | null) => error ?? undefined
  return {
    organization: organizationIdSchema.parse(organization),
    run: runIdSchema.parse(run),
    total,
    retry,
    createdAtMs,
    endsAtMs,
    traceparent: traceparent ?? undefined,
    counts: {
      waiting: count('waiting'),
      running: count('running'),
      succeeded: count('succeeded'),
      dead: count('dead'),
      cancelled: count('cancelled'),
    },
    retries: counts.reduce((sum, { retries }) => sum + retries, 0),
    hindrance: known(hindrance),
    failure: known(failure),
    closedAtMs: closedAtMs ?? undefined,
  }
}
