import { createHash, createHmac } from 'node:crypto'
import {
  type CreatedHook,
  type Hook,
  type HookEvent,
  hookEventSchema,
  type HookEventType,
  hookEventTypes,
  hookSchema,
} from '@caisson/api/schemas'
import { freshId, hourMs, OperationError, type OrganizationId, secondMs, organizationIdSchema } from '@caisson/core'
import { and, eq, inArray, isNull, lte, or, sql } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { hookDeliveries, hooks } from '../store/schema.ts'
import { within } from '../store/scope.ts'
import { serviceSecret } from '../store/service-secret.ts'

export interface Delivery {
  readonly organization: string
  readonly hook: string
  readonly id: string
  readonly body: string
  readonly url: string
  /** What it is signed with. */
  readonly secret: string
  /** Asked for with one submission, by whoever may submit. */
  readonly isCallback: boolean
  readonly attempts: number
}

export interface HookStore {
  readonly create: (
    hook: { readonly url: string; readonly events: readonly HookEventType[] },
    organization: OrganizationId,
  ) => Promise<CreatedHook>
  readonly list: (organization: OrganizationId) => Promise<readonly Hook[]>
  readonly exists: (organization: OrganizationId, id: string) => Promise<boolean>
  readonly remove: (organization: OrganizationId, id: string) => Promise<'removed' | 'absent'>
  /** Follows from the id, and is kept nowhere. */
  readonly secretOf: (organization: string, id: string) => Promise<string>
  /** What is told of one run to whoever submitted it; ends with the run. `conflict` when somewhere else is told of it already. */
  readonly createCallback: (
    organization: OrganizationId,
    callback: { readonly run: string; readonly url: string; readonly key: string },
  ) => Promise<'created' | 'present'>
  readonly removeCallback: (organization: OrganizationId, run: string) => Promise<void>
  /** Of all submissions of one key. */
  readonly callbackSecretOf: (organization: string, key: string) => Promise<string>
  /** Has an event told to every hook that wants to hear of it, and to who asked to be called back. The same event twice is told once. */
  readonly enqueue: (event: HookEvent) => Promise<void>
  /** Takes what is due, so that no other replica does. Of all organizations: for the one that delivers. */
  readonly take: (nowMs: number, limit: number) => Promise<readonly Delivery[]>
  readonly end: (
    delivery: Delivery,
    end: { readonly delivered: boolean; readonly error?: string; readonly atMs: number },
  ) => Promise<void>
  readonly postpone: (delivery: Delivery, error: string, nextAtMs: number) => Promise<void>
}

/** Longer than a delivery takes, so that whoever took it has either ended it or died. */
const takenMs = 60 * secondMs
const keptMs = 7 * 24 * hourMs

export async function createHookStore(database: Database): Promise<HookStore> {
  const key = await serviceSecret(database, 'hooks')
  const derive = (...parts: readonly string[]) =>
    `whsec_${createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex')}`
  const secretOf = async (organization: string, id: string) => derive(organization, id)
  const callbackSecretOf = async (organization: string, key: string) => derive(organization, 'callback', key)
  const ofRun = (organization: OrganizationId, run: string) => within(hooks, organization, eq(hooks.run, run))
  const one = ({ organization, hook, id }: Delivery) =>
    within(
      hookDeliveries,
      organizationIdSchema.parse(organization),
      eq(hookDeliveries.hook, hook),
      eq(hookDeliveries.id, id),
    )
  const list = async (organization: OrganizationId) => {
    const rows = await database
      .select()
      .from(hooks)
      .where(within(hooks, organization, isNull(hooks.run)))
    return rows.map(({ id, url, events, createdAtMs }) => hookSchema.parse({ id, url, events, createdAtMs }))
  }
  /** After the end of its run, and after all that came before it, a callback has nothing more to tell. */
  const removeTold = async ({ organization: name, hook }: Delivery): Promise<void> => {
    const organization = organizationIdSchema.parse(name)
    const told = await database
      .select({ body: hookDeliveries.body, endedAtMs: hookDeliveries.endedAtMs })
      .from(hookDeliveries)
      .where(within(hookDeliveries, organization, eq(hookDeliveries.hook, hook)))
    if (told.some(({ endedAtMs }) => endedAtMs === null) || !told.some(endsRun)) return
    await database.delete(hooks).where(within(hooks, organization, eq(hooks.id, hook)))
  }
  return {
    create: async ({ url, events }, organization) => {
      const hook = { id: freshId(), url, events: [...events], createdAtMs: Date.now() }
      await database.insert(hooks).values({ ...hook, organization })
      return { ...hook, secret: await secretOf(organization, hook.id) }
    },
    list,
    exists: async (organization, id) => {
      const found = await database
        .select({ id: hooks.id })
        .from(hooks)
        .where(within(hooks, organization, eq(hooks.id, id), isNull(hooks.run)))
      return found.length > 0
    },
    remove: async (organization, id) => {
      const removed = await database
        .delete(hooks)
        .where(within(hooks, organization, eq(hooks.id, id), isNull(hooks.run)))
        .returning({ id: hooks.id })
      return removed.length > 0 ? 'removed' : 'absent'
    },
    secretOf,
    callbackSecretOf,
    createCallback: async (organization, { run, url, key }) => {
      const made = await database
        .insert(hooks)
        .values({ organization, id: freshId(), url, events: hookEventTypes, createdAtMs: Date.now(), run, key })
        .onConflictDoNothing()
        .returning({ id: hooks.id })
      if (made.length > 0) return 'created'
      const [there] = await database.select({ url: hooks.url }).from(hooks).where(ofRun(organization, run))
      if (there === undefined || there.url === url) return 'present'
      throw new OperationError('conflict', `somewhere else is called back for run ${run}`, {
        field: 'callback.url',
        remedy: 'name the same address again, or use a fresh id',
      })
    },
    removeCallback: async (organization, run) => {
      await database.delete(hooks).where(ofRun(organization, run))
    },
    enqueue: async (event) => {
      const run = event.type === 'run.finished' ? event.run : event.approval.run
      const rows = await database
        .select({ id: hooks.id, events: hooks.events })
        .from(hooks)
        .where(within(hooks, event.organization, or(isNull(hooks.run), eq(hooks.run, run))))
      const wanting = rows.filter(({ events }) => events.includes(event.type))
      if (wanting.length === 0) return
      await database
        .insert(hookDeliveries)
        .values(
          wanting.map(({ id: hook }) => ({
            organization: event.organization,
            hook,
            id: deliveryIdOf(event),
            body: JSON.stringify(event),
            attempts: 0,
            nextAtMs: event.atMs,
            delivered: false,
          })),
        )
        .onConflictDoNothing()
    },
    // Crosses organizations: whoever delivers does so for all.
    take: async (nowMs, limit) => {
      await database.delete(hookDeliveries).where(lte(hookDeliveries.endedAtMs, nowMs - keptMs))
      const due = database
        .select({ row: sql`ctid` })
        .from(hookDeliveries)
        .where(and(isNull(hookDeliveries.endedAtMs), lte(hookDeliveries.nextAtMs, nowMs)))
        .orderBy(hookDeliveries.nextAtMs)
        .limit(limit)
        .for('update', { skipLocked: true })
      const taken = await database
        .update(hookDeliveries)
        .set({ attempts: sql`${hookDeliveries.attempts} + 1`, nextAtMs: nowMs + takenMs })
        .where(inArray(sql`ctid`, due))
        .returning()
      return await Promise.all(
        taken.map(async ({ organization, hook, id, body, attempts }) => {
          const [row] = await database
            .select({ url: hooks.url, key: hooks.key })
            .from(hooks)
            .where(within(hooks, organizationIdSchema.parse(organization), eq(hooks.id, hook)))
          const key = row?.key ?? null
          const secret = key === null ? secretOf(organization, hook) : callbackSecretOf(organization, key)
          const isCallback = key !== null
          return { organization, hook, id, body, attempts, url: row?.url ?? '', secret: await secret, isCallback }
        }),
      )
    },
    end: async (delivery, { delivered, error, atMs }) => {
      await database
        .update(hookDeliveries)
        .set({ delivered, endedAtMs: atMs, error: error ?? null })
        .where(one(delivery))
      if (delivery.isCallback) await removeTold(delivery)
    },
    postpone: async (delivery, error, nextAtMs) => {
      await database.update(hookDeliveries).set({ error, nextAtMs }).where(one(delivery))
    },
  }
}

function endsRun({ body }: Pick<Delivery, 'body'>): boolean {
  return hookEventSchema.parse(JSON.parse(body)).type === 'run.finished'
}

function deliveryIdOf(event: HookEvent): string {
  const subject = event.type === 'run.finished' ? event.run : event.approval.id
  return createHash('sha256')
    .update(JSON.stringify([event.type, subject]))
    .digest('hex')
    .slice(0, 40)
}
