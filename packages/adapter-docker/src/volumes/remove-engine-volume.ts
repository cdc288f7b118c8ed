import { type CallOptions, isSandboxError } from '@caisson/core'
import type { Engine } from '../engine.ts'
import { findVolume } from './volume.ts'

/** Has the engine remove a volume. One that a container names is `conflict`. */
export async function removeEngineVolume(
  engine: Engine,
  volume: string,
  options?: CallOptions,
): Promise<'removed' | 'absent'> {
  try {
    await engine.call('volume', options, async () => await engine.docker.getVolume(volume).remove())
    return 'removed'
  } catch (error) {
    if (!isSandboxError(error) || error.code !== 'conflict') throw error
    if ((await findVolume(engine, volume, options)) === undefined) return 'absent'
    throw error
  }
}
