import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Caller, CreatedKey, KeyInfo, Role } from '@caisson/api/schemas'
import { freshId, type OrganizationId, organizationIdSchema } from '@caisson/core'
import { and, count, desc, eq, isNull } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { withDatabaseErrors } from '../store/database-errors.ts'
import { apiKeys } from '../store/schema.ts'
import { within } from '../store/scope.ts'

const keyFormat = /^e2b_[0-9a-f]{40}$/
const prefixLength = 12

export interface KeyStore {
  readonly create: (
    key: { readonly name: string; readonly role: Role },
    organization: OrganizationId,
    /** Default: a fresh one. */
    value?: string,
  ) => Promise<CreatedKey>
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
    create: async ({ name, role }, organization, key = freshKey()) => {
      const info = { id: freshId(), name, role, prefix: key.slice(0, prefixLength), createdAtMs: Date.now() }
      await database.insert(apiKeys).values({ ...info, organization, hash: hashOf(key) })
      return { ...info, key }
    },

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
        .where(and(eq(apiKeys.hash, hash), isNull(apiKeys.revokedAtMs)))
      if (row === undefined || !timingSafeEqual(row.hash, hash)) return undefined
      const { organization, role, name, prefix } = row
      return { organization: organizationIdSchema.parse(organization), role, keyName: name, keyPrefix: prefix }
    },

    isEmpty: async () => {
      const [row] = await database.select({ keys: count() }).from(apiKeys)
      return row?.keys === 0
    },
  })
}

function toInfo({ id, name, role, prefix, createdAtMs, revokedAtMs }: typeof apiKeys.$inferSelect): KeyInfo {
  return { id, name, role, prefix, createdAtMs, ...(revokedAtMs === null ? {} : { revokedAtMs }) }
}

export function freshKey(): string {
  return `e2b_${randomBytes(20).toString('hex')}`
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest()
}
