import type { OwnerStore } from '@caisson/engine'
import { eq, gt } from 'drizzle-orm'
import type { Database } from './database.ts'
import { owners } from './schema.ts'

export function createOwnerStore(database: Database): OwnerStore {
  return {
    beat: async (id, untilMs) => {
      await database.insert(owners).values({ id, untilMs }).onConflictDoUpdate({ target: owners.id, set: { untilMs } })
    },
    listAlive: async (nowMs) => {
      const rows = await database.select({ id: owners.id }).from(owners).where(gt(owners.untilMs, nowMs))
      return rows.map(({ id }) => id)
    },
    remove: async (id) => {
      await database.delete(owners).where(eq(owners.id, id))
    },
  }
}
