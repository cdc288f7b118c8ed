import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Caller, CreatedKey, KeyInfo, NewKey } from '@caisson/api/schemas'
import { freshId, type OrganizationId, organizationIdSchema } from '@caisson/core'
import { and, count, desc, eq, gt, isNull, or, type SQL } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { withDatabaseErrors } from '../store/database-errors.ts'
import { apiKeys } from '../store/schema.ts'
import { within } from '../store/scope.ts'

const keyFormat = /^e2b_[0-9a-f]{40}$/
const prefixLength = 12

export interface KeyStore {
  readonly create: (
    key: NewKey,
    organization: OrganizationId,
    /** Default: a fresh one. */
    value?: string,
  ) => Promise<CreatedKey>
  /** A fresh key for one that works, which ends `overlapMs` from now unless it ends before. The fresh one lives as long as the old one was to. */
  readonly rotate: (id: string, overlapMs: number, organization: OrganizationId) => Promise<CreatedKey | undefined>
  /** Newest first, revoked ones included. */
  readonly list: (organization: OrganizationId) => Promise<readonly KeyInfo[]>
  readonly revoke: (id: string, organization: OrganizationId) => Promise<'revoked' | 'absent'>
  /** Whose key it is. Asked anew for each request, so that a revoked key is refused from the next one on. */
  readonly verify: (key: string) => Promise<Caller | undefined>
  readonly isEmpty: () => Promise<boolean>
}

/** Keys are 160 random bits, of which only the hash is kept. Their form is one that E2B's SDKs take for theirs. */
export function createKeyStore(database: Database): KeyStore {
  return withDatabaseErrors<KeyStore>({
    create: async (key, organization, value = freshKey()) => await insert(database, key, { organization, value }),

    rotate: async (id, overlapMs, organization) =>
      await database.transaction(async (transaction) => {
        const nowMs = Date.now()
        const [old] = await transaction
          .select()
          .from(apiKeys)
          .where(within(apiKeys, organization, eq(apiKeys.id, id), isNull(apiKeys.revokedAtMs), unexpired(nowMs)))
          .for('update')
        if (old === undefined) return undefined
        await transaction
          .update(apiKeys)
          .set({ expiresAtMs: Math.min(old.expiresAtMs ?? Infinity, nowMs + overlapMs) })
          .where(within(apiKeys, organization, eq(apiKeys.id, id)))
        // A key that was to end does not live for ever by being rotated.
        const lengthMs = old.expiresAtMs === null ? undefined : old.expiresAtMs - old.createdAtMs
        const key = { name: old.name, role: old.role, ...lifeOf(nowMs, lengthMs) }
        return await insert(transaction, key, { organization, value: freshKey() })
      }),

    list: async (organization) => {
      const rows = await database
        .select()
        .from(apiKeys)
        .where(within(apiKeys, organization))
        .orderBy(desc(apiKeys.createdAtMs))
      return rows.map(toInfo)
    },

    revoke: async (id, organization) => {
      const revoked = await database
        .update(apiKeys)
        .set({ revokedAtMs: Date.now() })
        .where(within(apiKeys, organization, eq(apiKeys.id, id), isNull(apiKeys.revokedAtMs)))
        .returning({ id: apiKeys.id })
      return revoked.length > 0 ? 'revoked' : 'absent'
    },

    // Crosses organizations: the key says which one it is.
    verify: async (key) => {
      if (!keyFormat.test(key)) return undefined
      const hash = hashOf(key)
      const [row] = await database
        .select()
        .from(apiKeys)
        .where(and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAtMs), unexpired(Date.now())))
      if (row === undefined || !timingSafeEqual(row.hash, hash)) return undefined
      const { organization, role, name, prefix } = row
      return { organization: organizationIdSchema.parse(organization), role, keyName: name, keyPrefix: prefix }
    },

    // Crosses organizations: the first key of all is the question.
    isEmpty: async () => {
      const [row] = await database.select({ keys: count() }).from(apiKeys)
      return row?.keys === 0
    },
  })
}

async function insert(
  database: Pick<Database, 'insert'>,
  { name, role, expiresAtMs }: NewKey,
  { organization, value }: { readonly organization: OrganizationId; readonly value: string },
): Promise<CreatedKey> {
  const ending = expiresAtMs === undefined ? {} : { expiresAtMs }
  const info = { id: freshId(), name, role, prefix: value.slice(0, prefixLength), createdAtMs: Date.now(), ...ending }
  await database.insert(apiKeys).values({ ...info, organization, hash: hashOf(value) })
  return { ...info, key: value }
}

function lifeOf(nowMs: number, lengthMs: number | undefined): Pick<NewKey, 'expiresAtMs'> {
  return lengthMs === undefined ? {} : { expiresAtMs: nowMs + lengthMs }
}

function unexpired(nowMs: number): SQL | undefined {
  return or(isNull(apiKeys.expiresAtMs), gt(apiKeys.expiresAtMs, nowMs))
}

function toInfo(row: typeof apiKeys.$inferSelect): KeyInfo {
  const { id, name, role, prefix, createdAtMs, expiresAtMs, revokedAtMs } = row
  return {
    id,
    name,
    role,
    prefix,
    createdAtMs,
    ...(expiresAtMs === null ? {} : { expiresAtMs }),
    ...(revokedAtMs === null ? {} : { revokedAtMs }),
  }
}

export function freshKey(): string {
  return `e2b_${randomBytes(20).toString('hex')}`
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
