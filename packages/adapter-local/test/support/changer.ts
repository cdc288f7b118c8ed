import { createLocalAdapter } from '@caisson/adapter-local'
import { sandboxIdSchema } from '@caisson/core'

// Run as a program: pauses and resumes a gVisor sandbox, or forks it, over and over until it is killed.
const [stateDirectory, id, change] = process.argv.slice(2)
const adapter = createLocalAdapter({ tier: 'gvisor', stateDirectory, preparedSandboxes: 0 })
const sandbox = await adapter.connect(sandboxIdSchema.parse(id))
process.stdout.write('begin\n')
for (;;) {
  if (change === 'fork') {
    for (const fork of (await sandbox.fork?.(2)) ?? []) await fork.destroy()
  } else {
    await sandbox.pause?.()
    await sandbox.resume?.()
  }
}
