import type { BenchCase } from '../case.ts'
import { runTrue } from '../first-command.ts'
import { ifAvailable } from '../baselines/if-available.ts'
import { sandboxAgent } from '../baselines/sandbox-agent.ts'
import { openDockerSandboxes } from '../docker-sandboxes.ts'
import { timed } from '../measure.ts'

/** The same over both ways to the daemon: through the kernel of this machine, and over a stream of the engine as with a remote one. */
export const dockerExecCases: readonly BenchCase[] = (['direct', 'exec'] as const).map((connection) => ({
  id: connection === 'direct' ? 'P3-docker' : 'P3-docker-remote',
  title: `docker: one command in a running sandbox, ${connection === 'direct' ? 'on this machine' : 'over the engine'}`,
  unit: 'ms',
  goals: [
    { against: 'sandbox-agent, no isolation', atMost: 0.8 },
    { against: 'docker exec, API', atMost: 1 / 20 },
  ],
  repetitions: 100,
  prepare: async () => {
    await using stack = new AsyncDisposableStack()
    const missing: string[] = []
    const { adapter, engine } = stack.use(await openDockerSandboxes(connection))
    const sandbox = stack.use(await adapter.create({ ttlMs: 3_600_000 }))
    const agent = await ifAvailable(stack, missing, sandboxAgent)
    const created = stack.move()
    return {
      subjects: [
        { name: 'caisson docker', once: async () => await timed(async () => await runTrue(sandbox)) },
        ...(agent === undefined ? [] : [{ name: 'sandbox-agent, no isolation', once: agent.exec }]),
        { name: 'docker exec, API', once: engine.exec },
      ],
      missing,
      [Symbol.asyncDispose]: async () => await created.disposeAsync(),
    }
  },
}))
