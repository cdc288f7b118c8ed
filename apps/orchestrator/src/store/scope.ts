import { and, eq, type SQL } from 'drizzle-orm'
import type { PgColumn } from 'drizzle-orm/pg-core'
import type { OrganizationId } from '@caisson/core'

/**
 * The condition of every query that acts for an organization: the one place where rows of others are kept out. What crosses
 * organizations on purpose (recovery, keys, retention) does not use it and says so.
 */
export function within(
  table: { readonly organization: PgColumn },
  organization: OrganizationId,
  ...conditions: readonly (SQL | undefined)[]
): SQL | undefined {
  return and(eq(table.organization, organization), ...conditions)
}
