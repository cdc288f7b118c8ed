import type { BenchCase } from '../case.ts'
import { timeFirstCommand } from '../first-command.ts'
import { crunByHand } from '../baselines/crun-by-hand.ts'
import { dockerEngine } from '../baselines/docker-engine.ts'
import { ifAvailable } from '../baselines/if-available.ts'
import { openLocalSandboxes } from '../local-sandboxes.ts'

export const coldCreateCase: BenchCase = {
  id: 'P1',
  title: 'local: create to the end of the first command, cold',
  unit: 'ms',
  goals: [
    { against: 'crun run -d + crun exec', atMost: 1.2 },
    { against: 'Docker API', atMost: 1 / 6 },
  ],
  repetitions: 30,
  prepare: async () => {
    await using stack = new AsyncDisposableStack()
    const missing: string[] = []
    const { adapter, stateDirectory } = stack.use(await openLocalSandboxes())
    stack.use(await adapter.create({ ttlMs: 3_600_000 }))
    const crun = await ifAvailable(stack, missing, async () => await crunByHand(stateDirectory))
    const docker = await ifAvailable(stack, missing, dockerEngine)
    const created = stack.move()
    return {
      subjects: [
        {
          name: 'caisson local',
          once: async () => await timeFirstCommand(async () => await adapter.create({})),
        },
        ...(crun === undefined ? [] : [{ name: 'crun run -d + crun exec', once: crun.createAndExec }]),
        ...(docker === undefined ? [] : [{ name: 'Docker API', once: docker.createAndExec }]),
      ],
      missing,
      [Symbol.asyncDispose]: async () => await created.disposeAsync(),
    }
  },
}
