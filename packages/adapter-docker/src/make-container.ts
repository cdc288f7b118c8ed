import type { Container, ContainerCreateOptions } from 'dockerode'
import { z } from 'zod'
import type { Engine } from './engine.ts'

const idSchema = z.string().min(1)

/** Has the engine make a container. It does not run yet. */
export async function makeContainer(engine: Engine, settings: ContainerCreateOptions): Promise<Container> {
  return await engine.call('image', undefined, async () => {
    const { id } = await engine.docker.createContainer(settings)
    return engine.docker.getContainer(idSchema.parse(id))
  })
}
