import { getTableColumns, type InferInsertModel, type SQL, sql } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'

/** An insert of one row, which happens when `from` has a row. Columns that are left out get their defaults. */
export function insertFrom<Table extends PgTable>(from: SQL, table: Table, values: InferInsertModel<Table>): SQL {
  const given = Object.entries(getTableColumns(table)).flatMap(([key, column]) => {
    const value: unknown = Reflect.get(values, key)
    return value === undefined ? [] : [{ name: sql.identifier(column.name), value: sql.param(value, column) }]
  })
  const names = sql.join(
    given.map(({ name }) => name),
    sql`, `,
  )
  const row = sql.join(
    given.map(({ value }) => value),
    sql`, `,
  )
  return sql`insert into ${table} (${names}) select ${row} from ${from}`
}
