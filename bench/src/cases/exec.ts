import type { BenchCase } from '../case.ts'
import { runTrue } from '../first-command.ts'
import { crunByHand } from '../baselines/crun-by-hand.ts'
import { dockerEngine } from '../baselines/docker-engine.ts'
import { ifAvailable } from '../baselines/if-available.ts'
import { sandboxAgent } from '../baselines/sandbox-agent.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'

export const execCase: BenchCase = {
  id: 'P3',
  title: 'local: one command in a running sandbox',
  unit: 'ms',
  goals: [
    { against: 'sandbox-agent, no isolation', atMost: 0.8 },
    { against: 'crun exec', atMost: 1 / 3 },
    { against: 'docker exec, API', atMost: 1 / 20 },
  ],
  repetitions: 100,
  prepare: async () => {
    await using stack = new AsyncDisposableStack()
    const missing: string[] = []
    const { adapter, stateDirectory } = stack.use(await openLocalSandboxes())
    const sandbox = stack.use(await adapter.create({ ttlMs: 3_600_000 }))
    const agent = await ifAvailable(stack, missing, sandboxAgent)
    const crun = await ifAvailable(stack, missing, async () => await crunByHand(stateDirectory))
    const docker = await ifAvailable(stack, missing, dockerEngine)
    const created = stack.move()
    return {
      subjects: [
        { name: 'caisson local', once: async () => await timed(async () => await runTrue(sandbox)) },
        ...(agent === undefined ? [] : [{ name: 'sandbox-agent, no isolation', once: agent.exec }]),
        ...(crun === undefined ? [] : [{ name: 'crun exec', once: crun.exec }]),
        ...(docker === undefined ? [] : [{ name: 'docker exec, API', once: docker.exec }]),
      ],
      missing,
      [Symbol.asyncDispose]: async () => await created.disposeAsync(),
    }
  },
}
