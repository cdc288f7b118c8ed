import { mib, type Sandbox } from '@caisson/core'
import type { BenchCase } from '../case.ts'
import { runTrue } from '../first-command.ts'
import { type LocalSandboxes, openLocalSandboxes } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'

const size = 200
/** As many at a time as there are created and taken away well. */
const atOnce = 4
/** Small ones: 200 disks of the usual size are more than many machines have. */
const spec = { ttlMs: 3_600_000, resources: { diskBytes: 64 * mib } }

/** The same twice: on an adapter with 200 idle sandboxes, and on one with none. They share the machine, so that only what a crowd costs its own adapter counts. */
function crowdCase(title: string, once: (local: LocalSandboxes, sandbox: Sandbox) => Promise<number>): BenchCase {
  return {
    id: 'P12',
    title: `local: ${title}, with ${size} idle sandboxes`,
    unit: 'ms',
    goals: [{ against: 'before they were there', atMost: 1.5 }],
    repetitions: 30,
    prepare: async () => {
      await using stack = new AsyncDisposableStack()
      const local = stack.use(await openLocalSandboxes())
      const sandbox = await local.adapter.create(spec)
      const before: number[] = []
      for (let i = -3; i < 40; i++) {
        const value = await once(local, sandbox)
        if (i >= 0) before.push(value)
      }
      await Promise.all(Array.from({ length: atOnce }, async () => await fill(local, (size - 1) / atOnce)))
      const created = stack.move()
      return {
        subjects: [
          { name: `with ${size}`, once: async () => await once(local, sandbox) },
          // Taken before, because the crowd cannot come and go between two measurements.
          { name: 'before they were there', once: async () => before.shift() ?? Number.NaN },
        ],
        missing: [],
        [Symbol.asyncDispose]: async () => await created.disposeAsync(),
      }
    },
  }
}

async function fill({ adapter }: LocalSandboxes, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await adapter.create(spec)
}

export const crowdCases: readonly BenchCase[] = [
  crowdCase('create to the end of the first command', async ({ adapter }) => {
    let end = async () => {}
    const elapsedMs = await timed(async () => {
      const sandbox = await adapter.create(spec)
      end = async () => void (await sandbox.destroy())
      await runTrue(sandbox)
    })
    await end()
    return elapsedMs
  }),
  crowdCase('one command in a running sandbox', async (_, sandbox) => await timed(async () => await runTrue(sandbox))),
]
