import type { BenchCase } from '../case.ts'
import { timeFirstCommand } from '../first-command.ts'
import { openDockerSandboxes } from '../docker-sandboxes.ts'

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
          once: async () => await timeFirstCommand(async () => await adapter.create({})),
        },
        { name: 'Docker API', once: engine.createAndExec },
      ],
      missing: [],
      [Symbol.asyncDispose]: async () => await docker[Symbol.asyncDispose](),
    }
  },
}
