import { isSandboxError, mib, SandboxError } from '@caisson/core'
import { statfs } from 'node:fs/promises'
import type { Context } from './context.ts'
import { forgetLostDaemon } from './daemon-volume.ts'

/** With less than this an engine can make no container. */
const leastRoomBytes = 8 * mib

/**
 * Looks for the reason of a creation's failure, of which engines speak in words only: a full disk, or a volume that somebody tidied away. With the
 * latter it can be tried again.
 */
export async function explainFailure(context: Context, error: unknown): Promise<unknown> {
  if (!isSandboxError(error) || !['provider', 'unsupported', 'template-not-found'].includes(error.code)) return error
  const { engine, local } = context
  try {
    const { dataDirectory } = await engine.facts()
    if (local && (await roomBytes(dataDirectory)) < leastRoomBytes) {
      return new SandboxError('no-space', engine.adapter, `the disk of the engine is full: ${error.message}`, {
        remedy: `free space below ${dataDirectory}, for example with \`docker system prune\``,
        cause: error,
      })
    }
    return error.code !== 'template-not-found' && (await forgetLostDaemon(engine)) ? 'again' : error
  } catch {
    // What was first is what is told.
    return error
  }
}

/** Infinite where the directory is out of sight: the socket may lead to another machine. */
async function roomBytes(directory: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(directory)
    return bavail * bsize
  } catch {
    return Infinity
  }
}
