import Docker from 'dockerode'
import { expect } from 'vitest'
import { createEngine } from '../../src/engine.ts'
import type { PullProgress } from '../../src/options.ts'
import { pullImage } from '../../src/pull-image.ts'
import { account, type FakeRegistry } from './fake-registry.ts'

/** Sees that an engine fetches an image from a registry that wants a password, and tells its progress. */
export async function pullsPrivately(socketPath: string, registry: FakeRegistry): Promise<void> {
  const engine = createEngine('docker', { socketPath })
  const docker = new Docker({ socketPath })
  const image = `${registry.host}/team/image:1`
  const progress: PullProgress[] = []
  const pulling = {
    registries: { [registry.host]: account },
    onPullProgress: (step: PullProgress) => progress.push(step),
  }
  try {
    await pullImage(engine, pulling, image)
    expect((await docker.getImage(image).inspect()).Size).toBeGreaterThan(2_000_000)
    expect(progress.length).toBeGreaterThan(0)
    expect(new Set(progress.map((step) => step.image))).toEqual(new Set([image]))
    expect(progress.some(({ status }) => status !== '')).toBe(true)
    // Podman's answers name the layers and not their bytes.
    const { layerBytes } = registry
    if ((await engine.facts()).kind === 'docker') {
      expect(progress).toContainEqual(expect.objectContaining({ status: 'Downloading', totalBytes: layerBytes }))
    }
  } finally {
    engine.close()
    await docker
      .getImage(image)
      .remove({ force: true })
      .catch(() => undefined)
  }
}
