import Docker from 'dockerode'
import { createDockerAdapter, type DockerAdapterOptions } from '@caisson/adapter-docker'
import { freshId, type SandboxAdapter } from '@caisson/core'
import { afterAll, describe, expect, inject, it } from 'vitest'
import type { EngineKind, TestEngine } from './engines.ts'

export interface OnEngine {
  readonly kind: EngineKind
  readonly socketPath: string
  readonly image: string
  readonly docker: Docker
  /** All that the adapters of one file make. */
  readonly namespace: string
  readonly adapter: (options?: DockerAdapterOptions) => SandboxAdapter
}

/** Runs the tests once for each engine, and proves afterwards that nothing of them is left on it. */
export function onEngines(
  tests: (engine: OnEngine) => void,
  kinds: readonly EngineKind[] = ['docker', 'podman'],
): void {
  for (const engine of inject('engines').filter(({ kind }) => kinds.includes(kind))) {
    if ('reason' in engine) it.skip(`on ${engine.kind}: ${engine.reason}`, () => undefined)
    else describe(`on ${engine.kind}`, () => tests(prepare(engine)))
  }
}

function prepare(engine: Extract<TestEngine, { socketPath: string }>): OnEngine {
  const { kind, socketPath, image } = engine
  const docker = new Docker({ socketPath })
  const namespace = freshId('t')
  const adapters: SandboxAdapter[] = []
  afterAll(async () => {
    for (const adapter of adapters) await adapter[Symbol.asyncDispose]()
    expect(await leftovers(docker, namespace)).toEqual([])
  })
  const adapter: OnEngine['adapter'] = (options) => {
    const made = createDockerAdapter({
      name: kind,
      engine: { socketPath },
      namespace,
      templates: { base: { image } },
      ...options,
    })
    adapters.push(made)
    return made
  }
  return { kind, socketPath, image, docker, namespace, adapter }
}

/** Containers that carry the namespace, whatever state they are in. */
export async function leftovers(docker: Docker, namespace: string): Promise<readonly string[]> {
  const filters = { label: [`dev.caisson.namespace=${namespace}`] }
  const containers = await docker.listContainers({ all: true, filters })
  return containers.map(({ Names, State }) => `${Names.join(' ')} (${State})`)
}
