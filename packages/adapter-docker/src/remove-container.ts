import { type CallOptions, isSandboxError, type SandboxErrorCode } from '@caisson/core'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Engine } from './engine.ts'

/** How often to look whether a removal is over. */
const lookAgainMs = 20

/** Ends a container and waits until nothing is left of it. Whoever comes second hears `absent`. */
export async function removeContainer(
  engine: Engine,
  containerId: string,
  options?: CallOptions,
): Promise<'destroyed' | 'absent'> {
  const container = engine.docker.getContainer(containerId)
  const succeeds = async (request: () => Promise<unknown>, but: readonly SandboxErrorCode[]): Promise<boolean> => {
    try {
      await engine.call('container', options, request)
      return true
    } catch (error) {
      if (isSandboxError(error) && but.includes(error.code)) return false
      throw error
    }
  }
  // A conflict means that somebody else removes it already.
  const removed = await succeeds(
    async () => await container.remove({ force: true, v: true }),
    ['sandbox-not-found', 'conflict'],
  )
  while (await succeeds(async () => await container.inspect(), ['sandbox-not-found'])) {
    await sleep(lookAgainMs, undefined, { signal: options?.signal })
  }
  return removed ? 'destroyed' : 'absent'
}
