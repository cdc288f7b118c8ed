import { pgTable, text } from 'drizzle-orm/pg-core'
import { atMs } from '../columns.ts'

/** Engines and until when they live unless they say so again. */
export const owners = pgTable('owners', {
  id: text('id').primaryKey(),
  untilMs: atMs('until_ms').notNull(),
})
