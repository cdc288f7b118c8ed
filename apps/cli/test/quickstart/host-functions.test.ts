import { expect, test } from 'vitest'
import { hostFunctions } from '../../src/quickstart/host-functions.ts'

test('a named query is answered from the table', async () => {
  const rows = await hostFunctions['database.read']({ query: 'weather-by-year', parameters: { weather: 'snow' } })
  expect(rows.map((row) => ({ year: row['year'], days: row['days'] }))).toEqual([
    { year: 2012, days: 21 },
    { year: 2013, days: 3 },
    { year: 2014, days: 2 },
  ])
})

test('SQL in the place of a name or of a parameter is refused', async () => {
  const read = hostFunctions['database.read']
  await expect(read({ query: 'select 1', parameters: {} })).rejects.toMatchObject({ field: 'input.query' })
  await expect(read({ query: 'weather-by-year', parameters: { weather: "snow' or 1=1 --" } })).rejects.toThrow()
})
