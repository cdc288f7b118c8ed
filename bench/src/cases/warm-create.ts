import { createWarmPool } from '@caisson/engine'
import type { BenchCase } from '../case.ts'
import { runTrue, timeFirstCommand } from '../first-command.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'

const spec = {}

export const warmCreateCase: BenchCase = {
  id: 'P2',
  title: 'local: create to the end of the first command, from a warm pool',
  unit: 'ms',
  goals: [{ against: 'one command in a running sandbox', atMost: 1.2 }],
  repetitions: 100,
  prepare: async () => {
    await using stack = new AsyncDisposableStack()
    const { adapter } = stack.use(await openLocalSandboxes())
    const running = stack.use(await adapter.create({ ttlMs: 3_600_000 }))
    const entries = [{ adapter: adapter.name, spec, size: 1 }]
    const pool = createWarmPool({ entries, adapters: [adapter], labels: {}, logger: console })
    stack.defer(pool.drain)
    const created = stack.move()
    return {
      subjects: [
        {
          name: 'caisson local, warm pool',
          once: async () => {
            await pool.ready()
            const elapsedMs = await timeFirstCommand(() => {
              const sandbox = pool.take(adapter.name, spec)
              if (sandbox === undefined) throw new Error('the warm pool is empty')
              return sandbox
            })
            // The place is being filled again: the other subject must not be measured beside that.
            await pool.ready()
            return elapsedMs
          },
        },
        { name: 'one command in a running sandbox', once: async () => await timed(async () => await runTrue(running)) },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await created.disposeAsync(),
    }
  },
}
