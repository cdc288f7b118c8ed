import { createHash, createHmac } from 'node:crypto'
import { type CreatedHook, type Hook, type HookEvent, type HookEventType, hookSchema } from '@caisson/api/schemas'
import { freshId, hourMs, type OrganizationId, secondMs, organizationIdSchema } from '@caisson/core'
import { and, eq, inArray, isNull, lte, sql } from 'drizzle-orm'
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
  /** Has an event told to every hook that wants to hear of it. The same event twice is told once. */
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
  const secretOf = async (organization: string, id: string) =>
    `whsec_${createHmac('sha256', key)
      .update(JSON.stringify([organization, id]))
      .digest('hex')}`
  const one = ({ organization, hook, id }: Delivery) =>
    within(
      hookDeliveries,
      organizationIdSchema.parse(organization),
      eq(hookDeliveries.hook, hook),
      eq(hookDeliveries.id, id),
    )
  const list = async (organization: OrganizationId) => {
    const rows = await database.select().from(hooks).where(within(hooks, organization))
    return rows.map(({ id, url, events, createdAtMs }) => hookSchema.parse({ id, url, events, createdAtMs }))
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
        .where(within(hooks, organization, eq(hooks.id, id)))
      return found.length > 0
    },
    remove: async (organization, id) => {
      const removed = await database
        .delete(hooks)
        .where(within(hooks, organization, eq(hooks.id, id)))
        .returning({ id: hooks.id })
      return removed.length > 0 ? 'removed' : 'absent'
    },
    secretOf,
    enqueue: async (event) => {
      const wanting = (await list(event.organization)).filter(({ events }) => events.includes(event.type))
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
            .select({ url: hooks.url })
            .from(hooks)
            .where(within(hooks, organizationIdSchema.parse(organization), eq(hooks.id, hook)))
          return { organization, hook, id, body, attempts, url: row?.url ?? '' }
        }),
      )
    },
    end: async (delivery, { delivered, error, atMs }) => {
      await database
        .update(hookDeliveries)
        .set({ delivered, endedAtMs: atMs, error: error ?? null })
        .where(one(delivery))
    },
    postpone: async (delivery, error, nextAtMs) => {
      await database.update(hookDeliveries).set({ error, nextAtMs }).where(one(delivery))
    },
  }
}

function deliveryIdOf(event: HookEvent): string {
  const subject = event.type === 'run.finished' ? event.run : event.approval.id
  return createHash('sha256')
    .update(JSON.stringify([event.type, subject]))
    .digest('hex')
    .slice(0, 40)
}
