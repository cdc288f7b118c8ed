import type { CallOptions, SandboxId } from '@caisson/core'
import type { Context } from './context.ts'
import { findContainers, type Found } from './find-container.ts'
import { containerName } from './labels.ts'
import { endSandbox } from './end-sandbox.ts'

/** Writes where all can read it when a sandbox's life is over. */
export async function tellExpiry(
  { engine }: Context,
  { containerId, record, expiresAtMs }: Found,
  options?: CallOptions,
): Promise<void> {
  const name = containerName(record.id, expiresAtMs)
  await engine.call('container', options, async () => await engine.docker.getContainer(containerId).rename({ name }))
}

/** Does what a sandbox's end of life asks for, if that has come. Resolves to the time until it should be asked again. */
export async function expire(context: Context, id: SandboxId): Promise<number | undefined> {
  const [found] = await findContainers(context, id)
  if (found === undefined) return undefined
  const leftMs = found.expiresAtMs - Date.now()
  if (leftMs > 0) return leftMs
  await endOfLife(context, found)
  return undefined
}

/** Ends or pauses a sandbox whose time is over. Says whether it took it away. */
export async function endOfLife(context: Context, found: Found): Promise<boolean> {
  const { containerId, record, state } = found
  const { engine } = context
  if (record.onExpiry === 'destroy') return (await endSandbox(context, found)) === 'destroyed'
  if (state === 'running') {
    await engine.call('container', undefined, async () => await engine.docker.getContainer(containerId).pause())
  }
  return false
}
