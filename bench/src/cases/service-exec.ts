import { createEngine } from '@caisson/engine'
import type { BenchCase } from '../case.ts'
import { startBenchService } from '../history/bench-service.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'

/** A whole operation, decided, run and accounted for, in the sandbox of its session. */
const operation = { kind: 'command.run' as const, input: { argv: ['true'] as [string] }, session: 'bench' }

export const serviceExecCase: BenchCase = {
  id: 'P5',
  title: 'the service: a command in a running sandbox through tRPC, over the same operation in this process',
  unit: 'ms',
  goals: [{ against: 'engine in this process', atMost: 1.5 }],
  repetitions: 100,
  prepare: async () => {
    await using stack = new AsyncDisposableStack()
    const { adapter } = stack.use(await openLocalSandboxes())
    const engine = stack.use(createEngine({ adapters: [adapter] }))
    const { client } = stack.use(await startBenchService())
    const created = stack.move()
    return {
      subjects: [
        {
          name: 'through tRPC',
          once: async () => await timed(async () => void (await client.runs.run(operation))),
        },
        {
          name: 'engine in this process',
          once: async () => await timed(async () => void (await engine.run(operation, { organization: 'bench' }))),
        },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await created.disposeAsync(),
    }
  },
}
