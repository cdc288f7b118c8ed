import { pgTable, text } from 'drizzle-orm/pg-core'

/** Secrets from which others are derived. */
export const serviceSecrets = pgTable('service_secrets', {
  name: text('name').primaryKey(),
  value: text('value').notNull(),
})
