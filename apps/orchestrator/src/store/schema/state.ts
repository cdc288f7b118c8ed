import { boolean, pgTable, text } from 'drizzle-orm/pg-core'

/** What is true of the whole database. One row. */
export const state = pgTable('state', {
  only: boolean('only').primaryKey().default(true),
  id: text('id').notNull(),
})
