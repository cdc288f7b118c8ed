import { createDockerAdapter } from '@caisson/adapter-docker'

// Run as a program: makes sandboxes until it is killed, or one and then dies without a word to anybody.
const [socketPath = '', image = '', namespace = '', mode = '', ttlMs = ''] = process.argv.slice(2)
const adapter = createDockerAdapter({ engine: { socketPath }, namespace, templates: { base: { image } } })
for (;;) {
  const sandbox = await adapter.create({ ttlMs: Number(ttlMs) })
  process.stdout.write(`${sandbox.id}\n`)
  if (mode === 'once') process.kill(process.pid, 'SIGKILL')
  await sandbox.destroy()
}
