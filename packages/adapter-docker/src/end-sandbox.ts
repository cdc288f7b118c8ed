import { type CallOptions, isSandboxError } from '@caisson/core'
import type { Context } from './context.ts'
import type { Found } from './find-container.ts'
import { removeContainer } from './remove-container.ts'

/** Ends a sandbox with everything in it, also a paused one: gVisor cannot be killed while it stands still. */
export async function endSandbox(
  { engine, capabilities }: Context,
  { containerId, state }: Found,
  options?: CallOptions,
): Promise<'destroyed' | 'absent'> {
  if (state === 'paused' && capabilities.isolation === 'gvisor') {
    const container = engine.docker.getContainer(containerId)
    await engine
      .call('container', options, async () => await container.unpause())
      .catch((error: unknown) => {
        if (!isSandboxError(error) || !['sandbox-not-found', 'conflict'].includes(error.code)) throw error
      })
  }
  return await removeContainer(engine, containerId, options)
}
