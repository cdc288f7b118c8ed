import type { FileEvent, FileWatch } from '@caisson/core'
import { createWake } from '../wake.ts'
import type { FileSystem, Watcher } from './file-system.ts'

/** Watches a directory from now on. */
export function createWatch(system: FileSystem, directory: string, recursive: boolean): FileWatch {
  const prefix = directory === '/' ? '/' : `${directory}/`
  const queue: FileEvent[] = []
  const changed = createWake()
  let end: 'open' | 'closed' | { readonly error: unknown } = 'open'

  const finish = (how: typeof end): void => {
    system.watchers.delete(watcher)
    if (end === 'open') end = how
    changed.all()
  }
  const watcher: Watcher = {
    see: (event) => {
      if (!event.path.startsWith(prefix)) return
      const path = event.path.slice(prefix.length)
      if (!recursive && path.includes('/')) return
      queue.push({ type: event.type, path })
      changed.all()
    },
    fail: (error) => finish({ error }),
  }
  system.watchers.add(watcher)

  return {
    [Symbol.asyncDispose]: async () => {
      finish('closed')
      await Promise.resolve()
    },
    [Symbol.asyncIterator]: async function* () {
      for (;;) {
        const event = queue.shift()
        if (event !== undefined) yield event
        else if (end === 'closed') return
        else if (end !== 'open') throw end.error
        else await changed.wait()
      }
    },
  }
}
