import type { AuditStore } from '@caisson/engine'
import { desc, eq } from 'drizzle-orm'
import type { Database } from './database.ts'
import { audit } from './schema.ts'
import { within } from './scope.ts'

export function createAuditStore(database: Database): AuditStore {
  return {
    append: async (event) => {
      await database.insert(audit).values({ organization: event.organization, run: event.run, event })
    },
    list: async (organization, { run, limit = 100 } = {}) => {
      const rows = await database
        .select({ event: audit.event })
        .from(audit)
        .where(within(audit, organization, run === undefined ? undefined : eq(audit.run, run)))
        .orderBy(desc(audit.place))
        .limit(limit)
      return rows.map(({ event }) => event)
    },
  }
}
