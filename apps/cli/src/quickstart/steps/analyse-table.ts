import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { decodeText } from '@caisson/core'
import { examplePath } from '../example-path.ts'
import { expectSandboxed, type Step, unless } from '../step.ts'

const code = `
import json
import matplotlib
matplotlib.use('Agg')
import matplotlib.pyplot as plot
import pandas

days = pandas.read_csv('weather.csv', parse_dates=['date'])
monthly = days.groupby(days['date'].dt.month)['precipitation'].mean()
axes = monthly.plot.bar(figsize=(8, 4), color='#2b6cb0')
axes.set(title='Seattle: mean precipitation per day', xlabel='month', ylabel='mm')
plot.tight_layout()
plot.savefig('chart.png', dpi=100)
summary = {
    'rows': len(days),
    'wettestMonth': int(monthly.idxmax()),
    'hottestDay': days.loc[days['temp_max'].idxmax(), 'date'].strftime('%Y-%m-%d'),
    'daysOfSun': int((days['weather'] == 'sun').sum()),
}
print(json.dumps(summary))
`

const valueSchema = z.object({ stdout: z.string() })
const summarySchema = z.object({
  rows: z.number(),
  wettestMonth: z.number(),
  hottestDay: z.string(),
  daysOfSun: z.number(),
})

/** A table of 1,461 days, analysed with pandas and drawn with matplotlib. */
export function analyseTable(): Step {
  const table = readFileSync(examplePath('seattle-weather.csv'))
  return {
    title: 'analyse a table, draw a chart',
    operation: {
      kind: 'code.execute',
      input: {
        language: 'python',
        code,
        files: [{ path: 'weather.csv', content: { base64: table.toString('base64') } }],
        artifacts: ['chart.png'],
        env: { MPLCONFIGDIR: '/tmp' },
      },
      timeoutMs: 60_000,
    },
    problems: async (seen) => {
      const problems = expectSandboxed(seen, 'succeeded')
      if (problems.length > 0) return problems
      const chart = await seen.artifact('chart.png')
      const isPng = chart !== undefined && decodeText(chart.subarray(1, 4)) === 'PNG'
      const summary = summarySchema.parse(JSON.parse(valueSchema.parse(seen.run.value).stdout))
      return [
        ...unless(isPng && chart.byteLength > 5000, 'chart.png is not there or no picture'),
        ...unless(summary.rows === 1461, `pandas saw ${summary.rows} rows and not 1461`),
        ...unless(summary.daysOfSun === 640, `pandas counted ${summary.daysOfSun} sunny days and not 640`),
      ]
    },
  }
}
