import type { CallOptions, FileEvent, FileWatch } from '@caisson/core'
import { type FilesystemEvent, procedures, watchDirEventSchema, type WatchRequest } from '@caisson/wire-e2b'
import type { DaemonCalls } from './daemon-calls.ts'
import { openMessageStream } from './message-stream.ts'

const types: Readonly<Record<FilesystemEvent['type'], FileEvent['type']>> = {
  EVENT_TYPE_CREATE: 'create',
  EVENT_TYPE_WRITE: 'write',
  EVENT_TYPE_REMOVE: 'remove',
  EVENT_TYPE_RENAME: 'rename',
  EVENT_TYPE_CHMOD: 'chmod',
}

export async function openWatch(
  calls: DaemonCalls,
  message: WatchRequest,
  options: CallOptions & { readonly user?: string | undefined },
): Promise<FileWatch> {
  const opening = { path: procedures.watchDir, message, schema: watchDirEventSchema }
  const { stream } = await openMessageStream(calls, opening, { ...options, subject: 'path' })
  const stopping = new AbortController()

  async function* events(): AsyncGenerator<FileEvent> {
    while (!stopping.signal.aborted) {
      const next = await stream.next().catch((error: unknown) => {
        if (stopping.signal.aborted) return undefined
        throw error
      })
      if (next === undefined) return
      if ('filesystem' in next) yield { type: types[next.filesystem.type], path: next.filesystem.name }
    }
  }

  return {
    [Symbol.asyncIterator]: events,
    [Symbol.asyncDispose]: async () => {
      stopping.abort()
      stream.close()
    },
  }
}
