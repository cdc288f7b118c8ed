import { closeSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { ConnectError, type FilesystemEvent } from '@caisson/wire-e2b'
import { asUser } from '../as-user.ts'
import { errnoOf } from '../errno.ts'
import { addInotifyWatch, openInotify, removeInotifyWatch } from '../libc.ts'
import type { User } from '../user.ts'
import { joinPath } from './paths.ts'

type EventType = FilesystemEvent['type']

const mask = {
  modify: 0x2,
  attributes: 0x4,
  movedFrom: 0x40,
  movedTo: 0x80,
  create: 0x100,
  remove: 0x200,
  removeSelf: 0x400,
  moveSelf: 0x800,
  overflow: 0x4000,
  ignored: 0x8000,
  onlyDirectory: 0x0100_0000,
  dontFollow: 0x0200_0000,
  isDirectory: 0x4000_0000,
} as const

const watched =
  mask.modify |
  mask.attributes |
  mask.movedFrom |
  mask.movedTo |
  mask.create |
  mask.remove |
  mask.removeSelf |
  mask.moveSelf |
  mask.onlyDirectory

const types: ReadonlyArray<readonly [number, EventType]> = [
  [mask.create | mask.movedTo, 'EVENT_TYPE_CREATE'],
  [mask.modify, 'EVENT_TYPE_WRITE'],
  [mask.remove, 'EVENT_TYPE_REMOVE'],
  [mask.movedFrom, 'EVENT_TYPE_RENAME'],
  [mask.attributes, 'EVENT_TYPE_CHMOD'],
]

/** More events than this that nobody has fetched end a watch instead of filling memory. */
const maxQueued = 10_000
/** Directories of one watch, each of which takes kernel memory. */
const maxDirectories = 8192

export interface Watch {
  /** The events since the last call. Throws when the watch is over. */
  readonly take: () => readonly FilesystemEvent[]
  /** Calls back once when there is something to take. Returns a way to give up waiting. */
  readonly onChange: (listener: () => void) => () => void
  readonly close: () => void
}

/**
 * Watches a directory, and with `recursive` everything below it. A directory that comes later is watched as soon as it is seen; what is
 * in it by then is reported as created, so that nothing falls between.
 */
export function openWatch(path: string, user: User, recursive: boolean): Watch {
  if (!asUser(user, () => statSync(path)).isDirectory())
    throw new ConnectError('invalid_argument', `'${path}' is not a directory`, 'ENOTDIR')
  const descriptor = openInotify()
  if (descriptor < 0) throw new ConnectError('resource_exhausted', 'no further watches are possible', 'EMFILE')
  /** Directory of every watch, relative to the root; the root is ''. */
  const directories = new Map<number, string>()
  let events: FilesystemEvent[] = []
  let failure: ConnectError | undefined
  let listener: (() => void) | undefined
  const reader = Bun.file(descriptor).stream().getReader()

  function report(name: string, type: EventType): void {
    if (events.length >= maxQueued)
      fail(new ConnectError('resource_exhausted', 'events came faster than they were read'))
    else events.push({ name, type })
  }

  function fail(error: ConnectError): void {
    failure ??= error
    close()
  }

  /** Watches a directory and, when asked to, what is in it. `announce` reports what is found there. */
  function add(directory: string, announce: boolean): boolean {
    if (directories.size >= maxDirectories) {
      fail(new ConnectError('resource_exhausted', `there are more than ${maxDirectories} directories to watch`))
      return false
    }
    const absolute = directory === '' ? path : joinPath(path, directory)
    const follow = directory === '' ? 0 : mask.dontFollow
    const watch = asUser(user, () => addInotifyWatch(descriptor, absolute, watched | follow))
    if (watch < 0) return false
    directories.set(watch, directory)
    if (!recursive) return true
    for (const name of asUser(user, () => namesIn(absolute))) {
      const child = directory === '' ? name : `${directory}/${name}`
      if (announce) report(child, 'EVENT_TYPE_CREATE')
      if (asUser(user, () => isDirectory(joinPath(path, child)))) add(child, announce)
    }
    return true
  }

  /** A directory that went elsewhere is no longer ours. */
  function forget(directory: string): void {
    for (const [watch, known] of directories) {
      if (known !== directory && !known.startsWith(`${directory}/`)) continue
      directories.delete(watch)
      removeInotifyWatch(descriptor, watch)
    }
  }

  function handle(watch: number, flags: number, name: string): void {
    if (flags & mask.overflow) {
      fail(new ConnectError('resource_exhausted', 'events came faster than they could be read'))
      return
    }
    const directory = directories.get(watch)
    if (directory === undefined || failure !== undefined) return
    if (flags & (mask.removeSelf | mask.moveSelf | mask.ignored)) {
      directories.delete(watch)
      if (directory === '') fail(new ConnectError('not_found', `'${path}' is gone`, 'ENOENT'))
      return
    }
    if (name === '') return
    const relative = directory === '' ? name : `${directory}/${name}`
    const type = types.find(([bits]) => flags & bits)?.[1]
    if (type !== undefined) report(relative, type)
    if (!recursive || !(flags & mask.isDirectory)) return
    if (flags & mask.movedFrom) forget(relative)
    if (flags & (mask.create | mask.movedTo)) add(relative, true)
  }

  function decode(bytes: Uint8Array): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at + 16 <= bytes.byteLength;) {
      const length = view.getUint32(at + 12, true)
      const name = new TextDecoder().decode(bytes.subarray(at + 16, at + 16 + length))
      handle(view.getInt32(at, true), view.getUint32(at + 4, true), name.replace(/\0.*$/s, ''))
      at += 16 + length
    }
  }

  async function pump(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        decode(value)
        if (events.length > 0 || failure !== undefined) notify()
      }
    } finally {
      closeSync(descriptor)
    }
  }

  function notify(): void {
    const waiting = listener
    listener = undefined
    waiting?.()
  }

  function close(): void {
    failure ??= new ConnectError('canceled', 'the watch was closed')
    void reader.cancel()
    notify()
  }

  if (!add('', false)) {
    closeSync(descriptor)
    throw failure ?? new ConnectError('permission_denied', `'${path}' cannot be watched`, 'EACCES')
  }
  void pump()
  return {
    take: () => {
      const taken = events
      events = []
      if (taken.length === 0 && failure !== undefined) throw failure
      return taken
    },
    onChange: (callback) => {
      listener = callback
      if (events.length > 0 || failure !== undefined) notify()
      return () => (listener = undefined)
    },
    close,
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    return []
  }
}

function isDirectory(path: string): boolean {
  try {
    return lstatSync(path).isDirectory()
  } catch {
    return false
  }
}
