import { createDockerAdapter } from '@caisson/adapter-docker'
import { freshId, type SandboxAdapter } from '@caisson/core'
import { type DockerEngine, dockerEngine, dockerImage } from './baselines/docker-engine.ts'

/** A Docker adapter on an engine of its own, which ends with it. */
export interface DockerSandboxes extends AsyncDisposable {
  readonly adapter: SandboxAdapter
  readonly engine: DockerEngine
}

export async function openDockerSandboxes(connection: 'direct' | 'exec'): Promise<DockerSandboxes> {
  const engine = await dockerEngine()
  const adapter = createDockerAdapter({
    engine: { socketPath: engine.socketPath },
    namespace: freshId('bench'),
    connection,
    templates: { bench: { image: dockerImage } },
  })
  return {
    adapter,
    engine,
    [Symbol.asyncDispose]: async () => {
      for await (const { id } of adapter.list()) await adapter.destroy(id)
      await adapter[Symbol.asyncDispose]()
      await engine[Symbol.asyncDispose]()
    },
  }
}
