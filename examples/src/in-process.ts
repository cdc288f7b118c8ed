import { readFile } from 'node:fs/promises'
import { createLocalAdapter } from '@caisson/adapter-local'
import { createEngine } from '@caisson/engine'

const csv = await readFile(new URL('../data/seattle-weather.csv', import.meta.url), 'utf8')
const code = `
import collections, csv
with open("weather.csv") as file:
    days = collections.Counter(row["weather"] for row in csv.DictReader(file))
for weather, count in days.most_common():
    print(weather, count)
`

await using adapter = createLocalAdapter()
await using engine = createEngine({ adapters: [adapter] })

const run = await engine.run(
  {
    kind: 'code.execute',
    trust: 'untrusted',
    input: { language: 'python', code, files: [{ path: 'weather.csv', content: { text: csv } }] },
    timeoutMs: 10_000,
  },
  { organization: 'acme' },
)

const { decision, outcome, value, usage } = run
console.log({ status: run.status, why: decision?.reasons.map(({ text }) => text), outcome, value, usage })
