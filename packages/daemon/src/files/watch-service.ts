import {
  ConnectError,
  type CreateWatcherResponse,
  type FilesystemEvent,
  type GetWatcherEventsResponse,
  type WatchDirEvent,
} from '@caisson/wire-e2b'
import { asUser } from '../as-user.ts'
import type { MessageSource } from '../connect-protocol.ts'
import { toConnectError } from '../errno.ts'
import { asFlag, asText, type Fields, optional } from '../fields.ts'
import type { User } from '../user.ts'
import { readAccountNames } from '../users.ts'
import { describeEntry } from './entry-info.ts'
import { joinPath, resolvePath } from './paths.ts'
import { openWatch, type Watch } from './watch.ts'

/** Watches that clients fetch from; one that is forgotten costs kernel memory. */
const maxWatchers = 64

function openRequested(fields: Fields, user: User): Watch {
  const path = resolvePath(asText(fields['path'], 'path'), user)
  const describes = optional(fields['includeEntry'], 'includeEntry', asFlag) ?? false
  try {
    const watch = openWatch(path, user, optional(fields['recursive'], 'recursive', asFlag) ?? false)
    return describes ? { ...watch, take: () => describeAll(watch.take(), path, user) } : watch
  } catch (error) {
    throw toConnectError(error)
  }
}

/** What is gone by now, or may not be looked at, stays undescribed. */
function describeAll(events: readonly FilesystemEvent[], root: string, user: User): readonly FilesystemEvent[] {
  const names = readAccountNames([user])
  return events.map((event) => {
    try {
      return { ...event, entry: asUser(user, () => describeEntry(joinPath(root, event.name), names)) }
    } catch {
      return event
    }
  })
}

/** `WatchDir`: the events as they come. */
export function followWatch(fields: Fields, user: User): MessageSource {
  const watch = openRequested(fields, user)
  let started = false
  return {
    ping: { keepalive: {} } satisfies WatchDirEvent,
    next: async () => {
      if (!started) {
        started = true
        return { messages: [{ start: {} } satisfies WatchDirEvent] }
      }
      const changed = Promise.withResolvers<void>()
      watch.onChange(changed.resolve)
      await changed.promise
      try {
        return { messages: watch.take().map((filesystem): WatchDirEvent => ({ filesystem })) }
      } catch (error) {
        return { messages: [], done: true, error: toConnectError(error) }
      }
    },
    dispose: watch.close,
  }
}

/** The unary procedures of watching, by method name. */
export function createWatcherMethods(): Readonly<Record<string, (fields: Fields, user: User) => unknown>> {
  const watchers = new Map<string, Watch>()

  function find(fields: Fields): { readonly id: string; readonly watch: Watch } {
    const id = asText(fields['watcherId'], 'watcherId')
    const watch = watchers.get(id)
    if (watch === undefined) throw new ConnectError('not_found', `there is no watcher '${id}'`)
    return { id, watch }
  }

  return {
    CreateWatcher: (fields, user): CreateWatcherResponse => {
      if (watchers.size >= maxWatchers)
        throw new ConnectError('resource_exhausted', `there are ${maxWatchers} watchers`)
      const watcherId = crypto.randomUUID()
      watchers.set(watcherId, openRequested(fields, user))
      return { watcherId }
    },
    GetWatcherEvents: (fields): GetWatcherEventsResponse => ({ events: [...find(fields).watch.take()] }),
    RemoveWatcher: (fields) => {
      const { id, watch } = find(fields)
      watchers.delete(id)
      watch.close()
      return {}
    },
  }
}
