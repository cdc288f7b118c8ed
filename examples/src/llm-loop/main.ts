/** `MODEL_URL`, `MODEL_KEY` and `MODEL_NAME` name a model; without them a scripted one shows how it goes. */
import { readFile } from 'node:fs/promises'
import { createLocalAdapter } from '@caisson/adapter-local'
import { createHttpModel, createScriptedModel } from './model.ts'
import { solve } from './solve.ts'

const { MODEL_URL: url = '', MODEL_KEY: apiKey = '', MODEL_NAME: name = '' } = process.env
const model =
  url === ''
    ? createScriptedModel([
        '```python\nimport csv\nprint(max(float(row["wind"]) for row in csv.DictReader(open("seattle-weather.csv"))))\n```',
        'import csv\nprint(max(float(row["wind"]) for row in csv.DictReader(open("weather.csv"))))',
      ])
    : createHttpModel({ url, apiKey, model: name })

await using adapter = createLocalAdapter()
await using sandbox = await adapter.create({})
if (sandbox.code === undefined) throw new Error('this adapter has no code interpreter')
await sandbox.files.write('weather.csv', await readFile(new URL('../../data/seattle-weather.csv', import.meta.url)))

const task = 'How fast was the strongest wind in the file weather.csv?'
console.log(await solve(model, sandbox.code, task, { maxAttempts: 5, timeoutMs: 60_000, firstDelayMs: 1000 }))
