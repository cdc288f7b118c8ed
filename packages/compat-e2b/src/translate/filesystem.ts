import { posix } from 'node:path'
import { type FileEvent, type FileInfo, isSandboxError, type Sandbox } from '@caisson/core'
import {
  ConnectError,
  type EntryInfo,
  type FilesystemEvent,
  listDirRequestSchema,
  moveRequestSchema,
  pathRequestSchema,
  type WatchDirEvent,
  watchRequestSchema,
  watcherRequestSchema,
} from '@caisson/wire-e2b'
import type { Entry } from '../sandboxes/entry.ts'
import { answerStream, answerUnary, type Exchange } from './exchange.ts'
import { createWatchers, type Watchers } from './watchers.ts'

const watchers = new WeakMap<Entry, Watchers>()

function watchersOf(entry: Entry): Watchers {
  const known = watchers.get(entry) ?? createWatchers()
  watchers.set(entry, known)
  return known
}

/** `filesystem.Filesystem`, method by method. */
export const filesystemMethods: Readonly<Record<string, (exchange: Exchange) => Promise<void>>> = {
  Stat: async (exchange) =>
    await answerUnary(exchange, pathRequestSchema, async ({ path }) => ({
      entry: entryOf(await filesOf(exchange).stat(path, exchange)),
    })),
  MakeDir: async (exchange) =>
    await answerUnary(exchange, pathRequestSchema, async ({ path }) => {
      const files = filesOf(exchange)
      const made = await files.makeDirectory(path, exchange).catch((error: unknown) => {
        const isFile = isSandboxError(error) && error.code === 'path-exists'
        throw isFile ? new ConnectError('invalid_argument', `'${path}' exists and is not a directory`) : error
      })
      if (made === 'exists') throw new ConnectError('already_exists', `directory '${path}' exists`)
      return { entry: entryOf(await files.stat(path, exchange)) }
    }),
  Move: async (exchange) =>
    await answerUnary(exchange, moveRequestSchema, async ({ source, destination }) => ({
      entry: entryOf(await filesOf(exchange).move(source, destination, exchange)),
    })),
  ListDir: async (exchange) =>
    await answerUnary(exchange, listDirRequestSchema, async ({ path, depth = 1 }) => ({
      entries: (await filesOf(exchange).list(path, { ...exchange, depth: Math.max(1, depth) })).map(entryOf),
    })),
  Remove: async (exchange) =>
    await answerUnary(exchange, pathRequestSchema, async ({ path }) => {
      await filesOf(exchange).remove(path, exchange)
      return {}
    }),
  WatchDir: async (exchange) =>
    await answerStream(exchange, watchRequestSchema, async function* ({ path, recursive }) {
      await using watch = await filesOf(exchange).watch(path, { user: exchange.user, recursive })
      yield { start: {} } satisfies WatchDirEvent
      for await (const event of watch) yield { filesystem: eventOf(event) } satisfies WatchDirEvent
    }),
  CreateWatcher: async (exchange) =>
    await answerUnary(exchange, watchRequestSchema, async ({ path, recursive }) => {
      const watch = await filesOf(exchange).watch(path, { user: exchange.user, recursive })
      return { watcherId: watchersOf(exchange.entry).add(watch) }
    }),
  GetWatcherEvents: async (exchange) =>
    await answerUnary(exchange, watcherRequestSchema, async ({ watcherId }) => ({
      events: watchersOf(exchange.entry).take(watcherId).map(eventOf),
    })),
  RemoveWatcher: async (exchange) =>
    await answerUnary(exchange, watcherRequestSchema, async ({ watcherId }) => {
      await watchersOf(exchange.entry).remove(watcherId)
      return {}
    }),
}

function filesOf({ entry }: Exchange): Sandbox['files'] {
  return entry.sandbox.files
}

const entryTypes = {
  file: 'FILE_TYPE_FILE',
  directory: 'FILE_TYPE_DIRECTORY',
  symlink: 'FILE_TYPE_SYMLINK',
  other: 'FILE_TYPE_UNSPECIFIED',
} as const
const letters = { file: '-', directory: 'd', symlink: 'l', other: '?' } as const

function entryOf({ name, path, type, sizeBytes, mode, owner, group, modifiedAtMs, target }: FileInfo): EntryInfo {
  const bits = Array.from('rwxrwxrwx', (letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-')).join('')
  return {
    name,
    type: entryTypes[type],
    path,
    size: String(sizeBytes),
    mode,
    permissions: letters[type] + bits,
    owner,
    group,
    modifiedTime: new Date(modifiedAtMs).toISOString(),
    ...(target === undefined ? {} : { symlinkTarget: posix.resolve(posix.dirname(path), target) }),
  }
}

const eventTypes = {
  create: 'EVENT_TYPE_CREATE',
  write: 'EVENT_TYPE_WRITE',
  remove: 'EVENT_TYPE_REMOVE',
  rename: 'EVENT_TYPE_RENAME',
  chmod: 'EVENT_TYPE_CHMOD',
} as const

function eventOf({ type, path }: FileEvent): FilesystemEvent {
  return { name: path, type: eventTypes[type] }
}
