import { bigint, customType } from 'drizzle-orm/pg-core'

/** Text as callers give it. Kept as a JSON string, because Postgres has no NUL and no lone surrogates in `text`. */
export const anyText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text',
  toDriver: (value) => JSON.stringify(value),
  fromDriver: (value) => String(JSON.parse(value)),
})

export const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' })

/** Milliseconds since the epoch. */
export const atMs = (name: string) => bigint(name, { mode: 'number' })
