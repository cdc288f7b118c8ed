import { pgTable, primaryKey, text, uniqueIndex } from 'drizzle-orm/pg-core'
import { atMs, bytes } from '../columns.ts'

export const apiKeys = pgTable(
  'api_keys',
  {
    organization: text('organization').notNull(),
    id: text('id').notNull(),
    name: text('name').notNull(),
    role: text('role', { enum: ['agent', 'operator', 'admin'] }).notNull(),
    prefix: text('prefix').notNull(),
    /** SHA-256 of the key. */
    hash: bytes('hash').notNull(),
    createdAtMs: atMs('created_at_ms').notNull(),
    expiresAtMs: atMs('expires_at_ms'),
    revokedAtMs: atMs('revoked_at_ms'),
  },
  (table) => [primaryKey({ columns: [table.organization, table.id] }), uniqueIndex('api_keys_by_hash').on(table.hash)],
)
