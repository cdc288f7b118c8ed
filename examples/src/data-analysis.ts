/** Uploads a table, has pandas count and matplotlib draw, and fetches what came of it: the numbers, the chart as data, and its picture. */
import { readFile, writeFile } from 'node:fs/promises'
import { createLocalAdapter } from '@caisson/adapter-local'
import { readFileBytes, runCode } from '@caisson/core'

const csv = await readFile(new URL('../data/seattle-weather.csv', import.meta.url))
const analysis = `
import pandas as pd
import matplotlib.pyplot as plt

weather = pd.read_csv("weather.csv", parse_dates=["date"])
rain = weather.groupby(weather.date.dt.year).precipitation.sum().round(1)
plt.bar(rain.index.astype(str), rain)
plt.title("Rain in Seattle")
plt.ylabel("mm a year")
plt.savefig("rain.png")
plt.show()
rain.rename("mm").reset_index()
`

await using adapter = createLocalAdapter()
await using sandbox = await adapter.create({ resources: { memoryBytes: 1024 ** 3 } })
if (sandbox.code === undefined) throw new Error('this adapter has no code interpreter')

await sandbox.files.write('weather.csv', csv)
const { results, error } = await runCode(sandbox.code, analysis, { language: 'python', deadline: Date.now() + 120_000 })
if (error !== undefined) throw new Error(error.traceback)

const chart = results.find((result) => result.chart !== undefined)?.chart
const table = results.find(({ main }) => main)?.table
await writeFile('rain.png', await readFileBytes(sandbox, 'rain.png', { limitBytes: 10_000_000 }))
console.log(JSON.stringify({ table, chart }))
