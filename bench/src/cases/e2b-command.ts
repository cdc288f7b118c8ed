import { runProcess } from '@caisson/core'
import { Sandbox } from 'e2b'
import type { BenchCase } from '../case.ts'
import { startBenchService } from '../history/bench-service.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'

const ttlMs = 3_600_000

/** E2B's clients have every command run by a login shell, so the others do as well. */
const command = 'true'
const argv: [string, ...string[]] = ['/bin/bash', '-l', '-c', command]

/** Both clients speak HTTP to one service; a sandbox that this process holds itself stands beside them, for what all the rest costs. */
export const e2bCommandCase: BenchCase = {
  id: 'P6',
  title: "the service: a command in a running sandbox through E2B's SDK, over the same through our own client",
  unit: 'ms',
  goals: [
    { against: 'our own client', atMost: 1.2 },
    { against: 'no service, in this process', atMost: 1.2 },
  ],
  repetitions: 100,
  prepare: async () => {
    await using stack = new AsyncDisposableStack()
    const { adapter } = stack.use(await openLocalSandboxes())
    const own = stack.use(await adapter.create({ ttlMs }))
    const { client, url, apiKey } = stack.use(await startBenchService())
    const operation = { kind: 'command.run' as const, input: { argv }, session: 'bench' }
    await client.runs.run(operation)
    const endpoint = `${url}/e2b`
    const theirs = await Sandbox.create('base', { apiKey, apiUrl: endpoint, sandboxUrl: endpoint, timeoutMs: ttlMs })
    stack.defer(async () => void (await theirs.kill()))
    const created = stack.move()
    return {
      subjects: [
        {
          name: "E2B's SDK",
          once: async () => await timed(async () => void (await theirs.commands.run(command))),
        },
        {
          name: 'our own client',
          once: async () => await timed(async () => void (await client.runs.run(operation))),
        },
        {
          name: 'no service, in this process',
          once: async () => await timed(async () => void (await runProcess(own, { argv }))),
        },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await created.disposeAsync(),
    }
  },
}
