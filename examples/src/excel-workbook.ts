/** Summarizes a workbook with several sheets, plots all of them in one figure, and fetches the summary as a workbook of its own. */
import { readFile, writeFile } from 'node:fs/promises'
import { createLocalAdapter } from '@caisson/adapter-local'
import { readFileBytes, runCode } from '@caisson/core'

const workbook = await readFile(new URL('../data/weather-by-year.xlsx', import.meta.url))
const summary = `
import pandas as pd
import matplotlib.pyplot as plt

sheets = pd.read_excel("weather.xlsx", sheet_name=None)
summary = pd.DataFrame({
    name: {"days": len(sheet), "rain": round(sheet.precipitation.sum(), 1), "warmest": sheet.temp_max.max()}
    for name, sheet in sheets.items()
}).T.rename_axis("year").reset_index()
summary.to_excel("summary.xlsx", index=False)

figure, axes = plt.subplots(2, 2, figsize=(10, 6))
for axis, (name, sheet) in zip(axes.flat, sheets.items()):
    monthly = sheet.groupby(pd.to_datetime(sheet.date).dt.month).temp_max.mean()
    axis.plot(monthly.index, monthly, label="mean of the warmest")
    axis.set_title(name)
plt.show()
summary
`

await using adapter = createLocalAdapter()
await using sandbox = await adapter.create({ resources: { memoryBytes: 1024 ** 3 } })
if (sandbox.code === undefined) throw new Error('this adapter has no code interpreter')

await sandbox.files.write('weather.xlsx', workbook)
const { results, error } = await runCode(sandbox.code, summary, { language: 'python', deadline: Date.now() + 120_000 })
if (error !== undefined) throw new Error(error.traceback)

await writeFile('summary.xlsx', await readFileBytes(sandbox, 'summary.xlsx', { limitBytes: 10_000_000 }))
const figure = results.find(({ chart }) => chart !== undefined)
await writeFile('sheets.png', Buffer.from(figure?.data['image/png'] ?? '', 'base64'))
console.log(JSON.stringify({ table: results.find(({ main }) => main)?.table, chart: figure?.chart }))
