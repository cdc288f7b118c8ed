import { z } from 'zod'
import { expectHost, type Step, unless } from '../step.ts'

const rowsSchema = z.array(z.object({ year: z.number(), days: z.number(), precipitation: z.number() }))

/** What the host does itself, through the functions of `host-functions.ts`. */
export function useHost(): readonly Step[] {
  return [
    {
      title: 'a database read',
      operation: {
        kind: 'database.read',
        input: { query: 'weather-by-year', parameters: { weather: 'rain' } },
        trust: 'internal',
      },
      problems: (seen) => {
        const problems = expectHost(seen)
        if (problems.length > 0) return problems
        const rows = rowsSchema.parse(seen.run.value)
        const days = rows.reduce((total, row) => total + row.days, 0)
        return unless(rows.length === 4 && days === 641, `it counted ${days} days of rain in ${rows.length} years`)
      },
    },
    {
      title: 'a write, once it is approved',
      operation: {
        kind: 'entity.write',
        input: { entity: 'station', id: 'seattle', value: { reviewed: true } },
        trust: 'internal',
      },
      problems: (seen) => {
        const problems = expectHost(seen)
        if (problems.length > 0) return problems
        const asked = seen.run.decision?.approval === 'required'
        const { written } = z.object({ written: z.string() }).parse(seen.run.value)
        return [
          ...unless(asked, 'it was not asked whether it may'),
          ...unless(written === 'station/seattle', `it wrote ${written}`),
        ]
      },
    },
  ]
}
