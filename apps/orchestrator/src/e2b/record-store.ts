import { type OrganizationId, organizationIdSchema } from '@caisson/core'
import type { E2bRecords } from '@caisson/compat-e2b'
import { and, eq } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { withDatabaseErrors } from '../store/database-errors.ts'
import { e2bRecords } from '../store/schema.ts'
import { within } from '../store/scope.ts'

export function createRecordStore(database: Database): E2bRecords {
  return withDatabaseErrors<E2bRecords>({
    put: async (kind, organization, id, value) => {
      await database
        .insert(e2bRecords)
        .values({ organization, kind, id, value })
        .onConflictDoUpdate({
          target: [e2bRecords.kind, e2bRecords.id],
          set: { value },
          setWhere: eq(e2bRecords.organization, organization),
        })
    },
    // Crosses organizations: whose record it is, is the question.
    get: async (kind, id) => {
      const [row] = await database
        .select()
        .from(e2bRecords)
        .where(and(eq(e2bRecords.kind, kind), eq(e2bRecords.id, id)))
      return row === undefined
        ? undefined
        : { organization: organizationIdSchema.parse(row.organization), value: row.value }
    },
    list: async (kind, organization: OrganizationId) => {
      const rows = await database
        .select({ value: e2bRecords.value })
        .from(e2bRecords)
        .where(within(e2bRecords, organization, eq(e2bRecords.kind, kind)))
      return rows.map(({ value }) => value)
    },
    // Crosses organizations, for upkeep.
    listAll: async (kind) => {
      const rows = await database.select({ value: e2bRecords.value }).from(e2bRecords).where(eq(e2bRecords.kind, kind))
      return rows.map(({ value }) => value)
    },
    remove: async (kind, organization, id) => {
      const removed = await database
        .delete(e2bRecords)
        .where(within(e2bRecords, organization, eq(e2bRecords.kind, kind), eq(e2bRecords.id, id)))
        .returning({ id: e2bRecords.id })
      return removed.length > 0 ? 'removed' : 'absent'
    },
  })
}
