import type { OrganizationId } from '@caisson/core'
import type { AuditEvent, AuditStore } from '@caisson/engine'
import { asc, desc, eq, gt, sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import { audit, auditHeads } from './schema.ts'
import { within } from './scope.ts'
import { auditPart } from './told.ts'

/** One event with its place in the chain. */
export interface AuditEntry {
  readonly sequence: number
  /** Hex. SHA-256 of the hash before it, and of `<sequence> <event>` as UTF-8. */
  readonly hash: string
  /** The JSON text that was hashed. */
  readonly event: string
}

export interface PostgresAuditStore extends AuditStore {
  /** The chain in order, after this sequence. */
  readonly chain: (
    organization: OrganizationId,
    range: { readonly after: number; readonly limit: number },
  ) => Promise<readonly AuditEntry[]>
  /** Where the chain ends; sequence 0 when there is none. */
  readonly head: (organization: OrganizationId) => Promise<{ readonly sequence: number; readonly hash: string }>
}

export function createAuditStore(
  database: Database,
  onAppended: (event: AuditEvent) => void = () => {},
): PostgresAuditStore {
  return {
    append: async (event) => {
      await database.execute(sql`with changed as (select), ${auditPart(event)} select`)
      onAppended(event)
    },
    list: async (organization, { run, limit = 100 } = {}) => {
      const rows = await database
        .select({ event: audit.event })
        .from(audit)
        .where(within(audit, organization, run === undefined ? undefined : eq(audit.run, run)))
        .orderBy(desc(audit.place))
        .limit(limit)
      return rows.map(({ event }): AuditEvent => event)
    },
    chain: async (organization, { after, limit }) => {
      const rows = await database
        .select({ sequence: audit.sequence, hash: audit.hash, event: sql<string>`${audit.event}::text` })
        .from(audit)
        .where(within(audit, organization, gt(audit.sequence, after)))
        .orderBy(asc(audit.sequence))
        .limit(limit)
      return rows.map(({ sequence, hash, event }) => ({ sequence, hash: hash.toString('hex'), event }))
    },
    head: async (organization) => {
      const [row] = await database.select().from(auditHeads).where(within(auditHeads, organization))
      return { sequence: row?.sequence ?? 0, hash: row?.hash.toString('hex') ?? '' }
    },
  }
}
