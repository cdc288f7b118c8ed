import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { cannotRun } from './support/needs.ts'
import { runExample } from './support/run-example.ts'

const noPandas = await cannotRun(['pandas', 'matplotlib'])
const noExcel = await cannotRun(['pandas', 'matplotlib', 'openpyxl'])
const noPytest = await cannotRun(['pytest'])
const png = Buffer.from('89504e470d0a1a0a', 'hex')

it.skipIf(noPandas !== '')(`uploads a table, analyses and plots it, and downloads the picture${noPandas}`, async () => {
  await using ran = await runExample('data-analysis.ts')
  expect(JSON.parse(ran.stdout)).toMatchObject({
    table: { date: [2012, 2013, 2014, 2015], mm: [1226, 828, 1232.8, 1139.2] },
    chart: { type: 'bar', title: 'Rain in Seattle', yLabel: 'mm a year', elements: { length: 4 } },
  })
  expect((await readFile(join(ran.directory, 'rain.png'))).subarray(0, png.length)).toEqual(png)
})

it.skipIf(noExcel !== '')(`summarizes and plots a workbook with several sheets${noExcel}`, async () => {
  await using ran = await runExample('excel-workbook.ts')
  expect(JSON.parse(ran.stdout)).toMatchObject({
    table: { year: ['2012', '2013', '2014', '2015'], days: [366, 365, 365, 365] },
    chart: { type: 'superchart', elements: ['2012', '2013', '2014', '2015'].map((title) => ({ type: 'line', title })) },
  })
  expect((await readFile(join(ran.directory, 'sheets.png'))).subarray(0, png.length)).toEqual(png)
  const script = 'import sys, openpyxl; print(openpyxl.load_workbook(sys.argv[1]).active["C2"].value)'
  const summary = join(ran.directory, 'summary.xlsx')
  expect(execFileSync('/usr/bin/python3', ['-c', script, summary], { encoding: 'utf8' })).toBe('1226\n')
})

it.skipIf(noPytest !== '')(`writes a module and its tests, and mends it in the same sandbox${noPytest}`, async () => {
  await using ran = await runExample('generate-and-test.ts')
  const [first, verdict, second, again] = ran.stdout.split('\n')
  expect(first).toMatch(/^\S+ failed$/)
  expect(verdict).toMatch(/^1 failed, 1 passed/)
  expect(second).toBe(first?.replace('failed', 'passed'))
  expect(again).toMatch(/^2 passed/)
})
