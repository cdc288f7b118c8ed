import { SandboxError } from '@caisson/core'
import { machineImage } from './machine-image.ts'
import type { OnStage, Place } from './place.ts'
import { isRunning, provision } from './provision.ts'

const titles = { docker: 'Docker', podman: 'Podman' } as const
const variables = { docker: 'DOCKER_HOST', podman: 'CAISSON_PODMAN_HOST' } as const
export type EngineKind = keyof typeof titles

/** An engine with an image of this machine's Python. One that runs already is used and goes on; one that was started here is stopped again. */
export async function engineIsReady(kind: EngineKind, onStage: OnStage): Promise<Place> {
  const ranBefore = await isRunning(kind)
  await using started = new AsyncDisposableStack()
  onStage(ranBefore ? `using the ${titles[kind]} engine that runs here` : `starting a ${titles[kind]} engine`)
  if (!ranBefore) started.defer(async () => void (await provision(kind, 'stop')))
  const host = (await provision(kind, 'start')).get('DOCKER_HOST')
  const [, socketPath] = /^unix:\/\/(.+)$/.exec(host ?? '') ?? []
  if (host === undefined || socketPath === undefined) {
    throw new SandboxError('protocol', kind, `the engine answered no address: ${host}`)
  }
  const image = await machineImage(kind, socketPath, onStage)
  const running = started.move()
  return {
    environment: {
      CAISSON_ADAPTERS: kind,
      [variables[kind]]: host,
      CAISSON_DOCKER_IMAGES: `quickstart=${image}`,
    },
    [Symbol.asyncDispose]: async () => {
      if (!ranBefore) onStage(`stopping the ${titles[kind]} engine`)
      await running.disposeAsync()
    },
  }
}
