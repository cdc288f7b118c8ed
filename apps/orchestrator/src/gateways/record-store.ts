import type { GatewayRecords } from '@caisson/compat-kit'
import { type OrganizationId, organizationIdSchema } from '@caisson/core'
import { and, eq } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { withDatabaseErrors } from '../store/database-errors.ts'
import { gatewayRecords } from '../store/schema.ts'
import { within } from '../store/scope.ts'

/** The records of one gateway. `kindOf` is how its kinds are called among those of all gateways. */
export function createRecordStore<Kind extends string>(
  database: Database,
  kindOf: (kind: Kind) => string,
): GatewayRecords<Kind> {
  return withDatabaseErrors<GatewayRecords<Kind>>({
    put: async (name, organization, id, value) => {
      const kind = kindOf(name)
      await database
        .insert(gatewayRecords)
        .values({ organization, kind, id, value })
        .onConflictDoUpdate({
          target: [gatewayRecords.kind, gatewayRecords.id],
          set: { value },
          setWhere: eq(gatewayRecords.organization, organization),
        })
    },
    add: async (name, organization, id, value) => {
      const added = await database
        .insert(gatewayRecords)
        .values({ organization, kind: kindOf(name), id, value })
        .onConflictDoNothing()
        .returning({ id: gatewayRecords.id })
      return added.length > 0 ? 'added' : 'taken'
    },
    // Crosses organizations: whose record it is, is the question.
    get: async (kind, id) => {
      // Ids come from clients, and Postgres has no text with NUL.
      if (id.includes('\0')) return undefined
      const [row] = await database
        .select()
        .from(gatewayRecords)
        .where(and(eq(gatewayRecords.kind, kindOf(kind)), eq(gatewayRecords.id, id)))
      return row === undefined
        ? undefined
        : { organization: organizationIdSchema.parse(row.organization), value: row.value }
    },
    list: async (kind, organization: OrganizationId) => {
      const rows = await database
        .select({ value: gatewayRecords.value })
        .from(gatewayRecords)
        .where(within(gatewayRecords, organization, eq(gatewayRecords.kind, kindOf(kind))))
      return rows.map(({ value }) => value)
    },
    // Crosses organizations, for upkeep.
    listAll: async (kind) => {
      const rows = await database
        .select({ value: gatewayRecords.value })
        .from(gatewayRecords)
        .where(eq(gatewayRecords.kind, kindOf(kind)))
      return rows.map(({ value }) => value)
    },
    remove: async (kind, organization, id) => {
      const removed = await database
        .delete(gatewayRecords)
        .where(within(gatewayRecords, organization, eq(gatewayRecords.kind, kindOf(kind)), eq(gatewayRecords.id, id)))
        .returning({ id: gatewayRecords.id })
      return removed.length > 0 ? 'removed' : 'absent'
    },
  })
}
