import { createLocalAdapter } from '@caisson/adapter-local'
import { encodeText } from '@caisson/core'

const [stateDirectory, ttlMs, volume] = process.argv.slice(2)
const adapter = createLocalAdapter({ stateDirectory })
const mounted = volume === undefined ? {} : { volumes: [{ name: volume, path: '/data' }] }
process.stdout.write('begin\n')
for (;;) {
  const labels = { test: 'crash', organization: 'crash' }
  const sandbox = await adapter.create({ ttlMs: Number(ttlMs), labels, ...mounted })
  if (volume !== undefined) await sandbox.files.write('/data/file', encodeText(sandbox.id))
  process.stdout.write(`${sandbox.id}\n`)
  if (Number(ttlMs) < 10_000 || volume !== undefined) await new Promise(() => setInterval(() => undefined, 1000))
}
