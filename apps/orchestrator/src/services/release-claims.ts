import { isNotNull } from 'drizzle-orm'
import type { Database } from '../store/database.ts'
import { owners, runs } from '../store/schema.ts'

/**
 * Declares every engine before us dead, so that their runs are taken over at once and not only when their claims are over. Right only for
 * who owns the database alone. Crosses organizations: engines work for all.
 */
export async function releaseClaims(database: Database): Promise<void> {
  await database.update(runs).set({ claimOwner: null, claimUntilMs: null }).where(isNotNull(runs.claimOwner))
  await database.delete(owners)
}
