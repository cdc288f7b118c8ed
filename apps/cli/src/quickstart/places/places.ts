import { OperationError } from '@caisson/core'
import type { OnStage, Place } from './place.ts'
import { provision } from './provision.ts'

const nothingToStop = { [Symbol.asyncDispose]: async () => await Promise.resolve() }

/** By the adapter that the scenario then runs on. Nothing else is on, so that no other can take over. */
const places = {
  local: async () => await Promise.resolve({ environment: { CAISSON_ADAPTERS: 'local' }, ...nothingToStop }),
  'local:gvisor': async (onStage) => {
    onStage('looking for gVisor')
    await provision('runsc', 'install')
    return { environment: { CAISSON_ADAPTERS: 'local:gvisor' }, ...nothingToStop }
  },
  docker: async (onStage) => await container('docker', onStage),
  podman: async (onStage) => await container('podman', onStage),
} satisfies Record<string, (onStage: OnStage) => Promise<Place>>

/** Loaded late: the client of engines takes a while. */
async function container(kind: 'docker' | 'podman', onStage: OnStage): Promise<Place> {
  const { engineIsReady } = await import('./container-engine.ts')
  return await engineIsReady(kind, onStage)
}

export type PlaceName = keyof typeof places

/** An adapter that the quickstart does not know is `invalid-operation`, with those that it does. */
export function parsePlaceName(text: string): PlaceName {
  if (isPlaceName(text)) return text
  throw new OperationError('invalid-operation', `the quickstart knows no adapter ${text}`, {
    field: '--adapter',
    remedy: `use one of: ${Object.keys(places).join(', ')}`,
  })
}

function isPlaceName(text: string): text is PlaceName {
  return Object.hasOwn(places, text)
}

/** Brings what the adapter needs, and starts what has to run. */
export async function preparePlace(name: PlaceName, onStage: OnStage): Promise<Place> {
  return await places[name](onStage)
}
