import type { BenchCase } from '../case.ts'
import { openDockerSandboxes } from '../docker-sandboxes.ts'
import { runTrue } from '../local-sandboxes.ts'
import { timed } from '../measure.ts'

export const dockerColdCreateCase: BenchCase = {
  id: 'P4',
  title: 'docker: create to the end of the first command, cold',
  unit: 'ms',
  goals: [{ against: 'Docker API', atMost: 1.1 }],
  repetitions: 30,
  prepare: async () => {
    const docker = await openDockerSandboxes('direct')
    const { adapter, engine } = docker
    return {
      subjects: [
        {
          name: 'caisson docker',
          once: async () => {
            let end = async () => {}
            const elapsedMs = await timed(async () => {
              const sandbox = await adapter.create({})
              end = async () => void (await sandbox.destroy())
              await runTrue(sandbox)
            })
            await end()
            return elapsedMs
          },
        },
        { name: 'Docker API', once: engine.createAndExec },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await docker[Symbol.asyncDispose](),
    }
  },
}
