import { freshId } from '@caisson/core'
import type { Container } from 'dockerode'
import type { Engine } from './engine.ts'
import { putTar, statPath } from './archive.ts'
import { withHelper } from './helper-container.ts'
import type { TemplateImage } from './image.ts'

/** Whether the image has the home directory of its user. Asked once: an image never changes. */
export async function hasHome(engine: Engine, namespace: string, { imageId, user }: TemplateImage): Promise<boolean> {
  return await engine.remember(`home ${imageId} ${user.home}`, async () => {
    const helper = { name: `caisson-look-${freshId()}`, namespace, imageId }
    return await withHelper(
      engine,
      helper,
      async (container) => (await statPath(engine, container, user.home)) !== undefined,
    )
  })
}

/** Makes the home directory in a container that does not run yet. */
export async function makeHome(engine: Engine, container: Container, { user }: TemplateImage): Promise<void> {
  await putTar(engine, container, '/', async (archive) => {
    archive.entry({ name: user.home.slice(1), type: 'directory', mode: 0o755, uid: user.uid, gid: user.gid })
  })
}
