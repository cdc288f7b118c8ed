import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, release } from 'node:os'
import { fileURLToPath } from 'node:url'
import { allCases } from './cases/index.ts'
import { drawChart } from './chart.ts'
import { type CaseResult, measureCase } from './measure.ts'
import { formatCase } from './print.ts'
import { readWanted } from './wanted.ts'

/** `npm run bench [-- P1 P8]`. Prints, writes JSON and a picture when all cases ran, and never fails: a figure is no test. */
const asked = readWanted(process.argv.slice(2), allCases)
if ('text' in asked) {
  console.log(asked.text)
  process.exit(asked.exitCode)
}
const { wanted } = asked
const resultDirectory = fileURLToPath(new URL('../results/', import.meta.url))

const results: CaseResult[] = []
const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, Node ${process.version}`
console.log(`${machine}\n`)
for (const benchCase of allCases) {
  if (wanted.length > 0 && !wanted.includes(benchCase.id)) continue
  try {
    const result = await measureCase(benchCase)
    results.push(result)
    console.log(`${formatCase(result)}\n`)
  } catch (error) {
    console.log(
      `${benchCase.id}  ${benchCase.title}\n  could not run: ${error instanceof Error ? error.message : String(error)}\n`,
    )
  }
}
if (wanted.length === 0) {
  const when = new Date().toISOString()
  await mkdir(resultDirectory, { recursive: true })
  await writeFile(`${resultDirectory}latest.json`, `${JSON.stringify({ when, machine, results }, undefined, 2)}\n`)
  await writeFile(`${resultDirectory}latest.svg`, drawChart(results, when.slice(0, 10)))
  console.log(`Written to ${resultDirectory}latest.json and latest.svg`)
}
