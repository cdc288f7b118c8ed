import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { OperationError, type OperationOf } from '@caisson/core'
import { z } from 'zod'
import { examplePath } from './example-path.ts'

const queries = new Map([
  [
    'weather-by-year',
    {
      parameters: z.strictObject({ weather: z.enum(['drizzle', 'fog', 'rain', 'snow', 'sun']) }),
      sql: `select cast(substr(date, 1, 4) as integer) as year, count(*) as days, round(sum(precipitation), 1) as precipitation
            from observation where weather = :weather group by year order by year`,
    },
  ],
])

/** Loaded by the orchestrator of the quickstart: a small database and the named queries that it answers. */
export const hostFunctions = {
  'database.read': async ({ query, parameters }: OperationOf<'database.read'>['input']) => {
    const known = queries.get(query)
    if (known === undefined) {
      throw new OperationError('invalid-operation', `there is no query ${query}`, { field: 'input.query' })
    }
    return open().prepare(known.sql).all(known.parameters.parse(parameters))
  },
  'entity.write': async ({ entity, id, value }: OperationOf<'entity.write'>['input']) => {
    open()
      .prepare('insert into entity (name, value) values (?, ?) on conflict (name) do update set value = excluded.value')
      .run(`${entity}/${id}`, JSON.stringify(value))
    return { written: `${entity}/${id}` }
  },
}

let opened: DatabaseSync | undefined

function open(): DatabaseSync {
  if (opened !== undefined) return opened
  const database = new DatabaseSync(':memory:')
  database.exec(
    `create table observation (date text, precipitation real, weather text); create table entity (name text primary key, value text)`,
  )
  const insert = database.prepare('insert into observation values (?, ?, ?)')
  const [, ...lines] = readFileSync(examplePath('seattle-weather.csv'), 'utf8').trim().split(/\r?\n/)
  for (const line of lines) {
    const [date = '', precipitation = '', , , , weather = ''] = line.split(',')
    insert.run(date, Number(precipitation), weather)
  }
  opened = database
  return database
}
