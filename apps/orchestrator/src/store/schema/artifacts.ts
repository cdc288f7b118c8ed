import { sql } from 'drizzle-orm'
import { bigint, boolean, foreignKey, index, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'
import { anyText, atMs, bytes } from '../columns.ts'

export const artifacts = pgTable(
  'artifacts',
  {
    organization: text('organization').notNull(),
    id: text('id').notNull(),
    run: text('run').notNull(),
    path: anyText('path').notNull(),
    sizeBytes: bigint('size_bytes', { mode: 'number' }).notNull(),
    sha256: text('sha256').notNull(),
    /** False while its bytes are on their way. */
    complete: boolean('complete').notNull(),
    createdAtMs: atMs('created_at_ms').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.id] }),
    index('artifacts_incomplete')
      .on(table.createdAtMs)
      .where(sql`not complete`),
  ],
)

export const artifactChunks = pgTable(
  'artifact_chunks',
  {
    organization: text('organization').notNull(),
    artifact: text('artifact').notNull(),
    index: integer('index').notNull(),
    bytes: bytes('bytes').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization, table.artifact, table.index] }),
    foreignKey({
      columns: [table.organization, table.artifact],
      foreignColumns: [artifacts.organization, artifacts.id],
    }).onDelete('cascade'),
  ],
)
