import type { Client } from 'pg'
import type { BenchService } from './bench-service.ts'

/** Copies one run, with its lease, until there are so many, spread over the last `days` days. */
export async function addHistory(
  service: BenchService,
  { runs, days }: { readonly runs: number; readonly days: number },
): Promise<void> {
  const { id } = await service.client.runs.run({ kind: 'command.run', input: { argv: ['true'] } })
  const database = await service.openDatabase()
  try {
    for (const table of ['runs', 'leases']) await copy(database, { table, run: id, runs, days })
    await database.query('analyze')
  } finally {
    await database.end()
  }
}

interface Copy {
  readonly table: string
  readonly run: string
  readonly runs: number
  readonly days: number
}

/** Every text with the id of the run, or of the row, in it gets a number behind that; every moment moves into the past. */
async function copy(database: Client, { table, run, runs, days }: Copy): Promise<void> {
  const { rows } = await database.query<{ name: string; type: string }>(
    `select column_name as name, data_type as type from information_schema.columns
     where table_name = $1 and is_identity = 'NO' order by ordinal_position`,
    [table],
  )
  const back = `(g::bigint * ${Math.floor((days * 86_400_000) / runs)})`
  const expressions = rows.map(({ name, type }) => {
    const column = `"${name}"`
    const renamed = `replace(replace(${column}::text, $1, $1 || 'x' || g), t."id"::text, t."id" || 'x' || g)`
    if (name === 'id') return `t."id" || 'x' || g`
    if (type === 'json') return `(${renamed})::json`
    if (type === 'text') return renamed
    return name.endsWith('at_ms') ? `${column} - ${back}` : column
  })
  const names = rows.map(({ name }) => `"${name}"`).join(', ')
  await database.query(
    `insert into "${table}" (${names}) select ${expressions.join(', ')}
     from "${table}" t, generate_series(1, ${runs}) g where t."${table === 'runs' ? 'id' : 'run'}" = $1`,
    [run],
  )
}
