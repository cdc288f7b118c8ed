import { index, json, pgTable, primaryKey, text } from 'drizzle-orm/pg-core'

/** What the gateways for vendors' clients know beside what engine and adapters do. */
export const gatewayRecords = pgTable(
  'gateway_records',
  {
    organization: text('organization').notNull(),
    kind: text('kind').notNull(),
    id: text('id').notNull(),
    value: json('value').$type<object>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.id] }),
    index('gateway_records_by_organization').on(table.organization, table.kind),
  ],
)
