import { type FileEvent, type FileWatch, SandboxError } from '@caisson/core'
import { FilesystemEventType } from '@e2b/code-interpreter'
import type { Machine } from './cloud.ts'
import type { Link } from './link.ts'

const types: Readonly<Record<FilesystemEventType, FileEvent['type']>> = {
  [FilesystemEventType.CREATE]: 'create',
  [FilesystemEventType.WRITE]: 'write',
  [FilesystemEventType.REMOVE]: 'remove',
  [FilesystemEventType.RENAME]: 'rename',
  [FilesystemEventType.CHMOD]: 'chmod',
}

/** Events that nobody has taken yet. A sandbox must not fill our memory: beyond this the watch ends. */
const mostWaiting = 100_000

export async function openWatch(
  link: Link,
  { files }: Machine,
  path: string,
  { signal, recursive }: { readonly signal: AbortSignal; readonly recursive: boolean },
): Promise<FileWatch> {
  const waiting: FileEvent[] = []
  let end: { readonly error?: unknown } | undefined
  let wake = (): void => undefined
  const finish = (how: { readonly error?: unknown }): void => {
    end ??= how
    wake()
  }
  const began = new AbortController()
  const giveUp = (): void => began.abort(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  const handle = await files.watchDir(
    path,
    ({ name, type }) => {
      if (waiting.length >= mostWaiting)
        return finish({ error: new SandboxError('too-large', link.adapter, 'events came faster than they were read') })
      waiting.push({ type: types[type], path: name })
      wake()
    },
    {
      recursive,
      timeoutMs: 0,
      signal: began.signal,
      onExit: async (error) => {
        const lost = new SandboxError('unavailable', link.adapter, 'the watch broke off', { cause: error })
        if (end === undefined) finish({ error: await link.explain(lost, 'path') })
      },
    },
  )
  signal.removeEventListener('abort', giveUp)
  link.closed.addEventListener('abort', () => finish({ error: link.closed.reason }), { once: true })

  async function* events(): AsyncGenerator<FileEvent, void> {
    for (;;) {
      const event = waiting.shift()
      if (event !== undefined) yield event
      else if (end === undefined) await new Promise<void>((resolve) => (wake = resolve))
      else if (end.error === undefined) return
      else throw end.error
    }
  }

  const iterator = events()
  return {
    [Symbol.asyncIterator]: () => iterator,
    [Symbol.asyncDispose]: async () => {
      finish({})
      await handle.stop()
    },
  }
}
