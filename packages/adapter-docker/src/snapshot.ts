import type { CallOptions } from '@caisson/core'
import type { Context } from './context.ts'
import type { Found } from './find-container.ts'
import { snapshotReference } from './image.ts'

/**
 * Keeps the files of a sandbox as an image, processes standing still meanwhile where the engine can have them do so. What lies in memory is not kept: processes, /tmp and volumes. The
 * image carries the sandbox's labels, from which `findImage` learns the user.
 */
export async function takeSnapshot(
  { engine, namespace, capabilities }: Context,
  { containerId, record }: Found,
  name: string,
  options?: CallOptions,
): Promise<{ readonly template: string }> {
  const [repo, tag] = snapshotReference(namespace, record.labels['organization'], name).split(':')
  const pause = capabilities.features.includes('pause')
  const container = engine.docker.getContainer(containerId)
  await engine.call('container', options, async () => await container.commit({ repo, tag, pause }))
  return { template: name }
}
