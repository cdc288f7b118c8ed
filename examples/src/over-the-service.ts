import { readFile, writeFile } from 'node:fs/promises'
import { createClient } from '@caisson/client'

const { CAISSON_URL: url = 'http://127.0.0.1:7718', CAISSON_API_KEY: apiKey = '' } = process.env
const client = createClient({ url, apiKey })

const csv = await readFile(new URL('../data/seattle-weather.csv', import.meta.url))
const data = await client.artifacts.put('weather.csv', csv)
const code = `
import csv, json
with open("weather.csv") as file:
    warmest = max(csv.DictReader(file), key=lambda row: float(row["temp_max"]))
print("looking at", warmest["date"], flush=True)
json.dump(warmest, open("warmest.json", "w"))
`

const run = await client.runs.run(
  {
    kind: 'code.execute',
    trust: 'untrusted',
    input: {
      language: 'python',
      code,
      files: [{ path: 'weather.csv', content: { artifact: data.id } }],
      artifacts: ['*.json'],
    },
    timeoutMs: 10_000,
  },
  { onEvent: (event) => void (event.type === 'output' && process.stdout.write(Buffer.from(event.base64, 'base64'))) },
)

for (const { id, path } of run.artifacts) await writeFile(path, client.artifacts.read(id))
console.log({ status: run.status, why: run.decision?.reasons.map(({ text }) => text), artifacts: run.artifacts })
