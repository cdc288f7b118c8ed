import { createLocalAdapter } from '@caisson/adapter-local'

const [stateDirectory, ttlMs] = process.argv.slice(2)
const adapter = createLocalAdapter({ stateDirectory })
process.stdout.write('begin\n')
for (;;) {
  const sandbox = await adapter.create({ ttlMs: Number(ttlMs), labels: { test: 'crash' } })
  process.stdout.write(`${sandbox.id}\n`)
  if (Number(ttlMs) < 10_000) await new Promise(() => setInterval(() => undefined, 1000))
}
